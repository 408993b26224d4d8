-- Masque's own tables. The target table stays exactly as its owner made it.

-- One entry per message that has become a row or a quarantine entry: what makes loading idempotent.
-- Partitioned by the UTC day of SentTimestamp, which redelivery does not change (the time of loading would differ
-- between two deliveries and let the second in). Old partitions are detached and dropped, never deleted from.
create table masque.ledger (
  message_id uuid not null,
  sent_day   date not null,
  pipeline   text not null,
  loaded_at  timestamptz not null default now(),
  primary key (message_id, sent_day)
) partition by range (sent_day);

-- Messages that could not be loaded. `body` is sealed to the custodian; nobody else can read it.
create table masque.quarantine (
  id             bigint generated always as identity primary key,
  pipeline       text not null,
  message_id     text not null,
  sent_at        timestamptz not null,
  received_at    timestamptz not null,
  quarantined_at timestamptz not null default now(),
  reason         text not null,
  -- Names that the pipeline's definition uses, never names or values found in the message.
  fields         text[] not null,
  -- Set, with `masked_row`, where PostgreSQL refused a row that the masker had let pass.
  sqlstate       text,
  body           bytea,
  masked_row     jsonb,
  check ((body is null) <> (masked_row is null))
);
create index quarantine_by_time on masque.quarantine (pipeline, quarantined_at);
create index quarantine_by_message on masque.quarantine (message_id);

-- Every key that made a token in any table. A kid whose fingerprint differs from the one here is another key under
-- the same name: its tokens would silently not equal the earlier ones.
create table masque.keys (
  kid         text primary key,
  method      text not null,
  fingerprint text not null,
  first_used  timestamptz not null default now()
);

-- Makes the ledger's partition of a day, or attaches it again where it was only detached: what it knows still counts.
-- Its owner's rights, so that a loader needs none to create tables; and so it is not for everybody.
--
-- The lock serialises loaders that meet a new day together. Behind it only a query will do: `to_regclass` answers from
-- the session's catalog cache, which an advisory lock does not refresh, and so would miss what the other just made.
-- LIKE and ATTACH need only a weak lock on the ledger itself, where CREATE TABLE … PARTITION OF would wait for every
-- running load and block all that follow.
create function masque.ensure_ledger_day(day date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  partition text := 'ledger_' || to_char(day, 'YYYYMMDD');
  found_partition oid;
begin
  perform pg_advisory_xact_lock(hashtext('masque.ledger'));
  select c.oid into found_partition
  from pg_class c where c.relnamespace = 'masque'::regnamespace and c.relname = partition;
  if found_partition is null then
    execute format('create table masque.%I (like masque.ledger including all)', partition);
  elsif exists (select from pg_inherits where inhrelid = found_partition) then
    return;
  end if;
  execute format(
    'alter table masque.ledger attach partition masque.%I for values from (%L) to (%L)', partition, day, day + 1);
end
$$;
revoke execute on function masque.ensure_ledger_day(date) from public;
