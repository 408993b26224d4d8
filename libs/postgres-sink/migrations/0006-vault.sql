-- The values behind tokens of the method `vault`, each once, encrypted to the custodian. A line is never taken away:
-- an erased value leaves a tombstone, so that no batch that was on its way, run twice or restored puts the entry back.
-- Tokens are compared as bytes: it is quicker, and one order everywhere is what keeps loaders from deadlocking.
create table masque.vault (
  token      text collate "C" primary key,
  -- The key pair that opens the ciphertext.
  kid        text not null,
  ciphertext bytea,
  stored_at  timestamptz not null default now(),
  erased_at  timestamptz,
  constraint vault_entry_or_tombstone check ((ciphertext is null) = (erased_at is not null))
);
-- Loaders look for these with every batch, and there are few.
create index vault_erased on masque.vault (token) where erased_at is not null;
