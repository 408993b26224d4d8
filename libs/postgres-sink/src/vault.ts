/**
 * The vault as the custodian sees it.
 *
 *     absent ──load──▶ held ──erase──▶ erased      a tombstone: no ciphertext, and the time
 *        └──────────erase──────────────▶ │
 *                      held ◀──restore───┘          by the custodian's word alone
 *
 * Invariants
 * - A line is never deleted. Loaders put entries only where there is no line, so nothing but `restore` leaves `erased`.
 * - An erasure that was answered survives a crash of the server.
 */
import { createPool } from './pool.ts';

export interface VaultLine {
  /** The value, encrypted to the custodian; absent once erased. */
  readonly ciphertext?: Buffer;
  readonly erasedAt?: Date;
}

export interface Vault {
  /** By token; one that the vault does not know is left out. */
  find(tokens: readonly string[]): Promise<ReadonlyMap<string, VaultLine>>;
  /**
   * Destroys the ciphertexts, and leaves a tombstone for each token, also where there was no entry.
   * @returns how many entries there were
   */
  erase(entries: readonly { readonly token: string; readonly kid: string }[]): Promise<number>;
  /** Puts entries in the place of their tombstones. @returns how many there were */
  restore(entries: readonly { readonly token: string; readonly ciphertext: string }[]): Promise<number>;
  close(): Promise<void>;
}

export function openVault(options: { readonly databaseUrl: string }): Vault {
  const pool = createPool({ ...options, name: 'masque-vault', connections: 1 });
  return {
    async find(tokens) {
      const lines = await pool.query<{ token: string; ciphertext: Buffer | null; erasedAt: Date | null }>({
        text: 'select token, ciphertext, erased_at as "erasedAt" from masque.vault where token = any ($1::text[])',
        values: [tokens],
      });
      return new Map(
        lines.map(({ token, ciphertext, erasedAt }) => [
          token,
          { ...(ciphertext === null ? {} : { ciphertext }), ...(erasedAt === null ? {} : { erasedAt }) },
        ]),
      );
    },
    async erase(entries) {
      const [row] = await pool.query<{ readonly shredded: number }>({
        text: eraseSql,
        values: [entries.map(({ token }) => token), entries.map(({ kid }) => kid)],
      });
      return row?.shredded ?? 0;
    },
    async restore(entries) {
      const restored = await pool.query({
        text: `update masque.vault set ciphertext = decode(given, 'base64'), stored_at = now(), erased_at = null
               from unnest($1::text[], $2::text[]) as e (entry, given)
               where token = entry and erased_at is not null returning token`,
        values: [entries.map(({ token }) => token), entries.map(({ ciphertext }) => ciphertext)],
      });
      return restored.length;
    },
    close: () => pool.close(),
  };
}

/**
 * What is held is locked and counted first. An entry that a loader adds after that is overwritten all the same: the
 * insert meets it, or is met by it. In the order of tokens, as loaders have it.
 */
const eraseSql = `with asked as (select * from unnest($1::text[], $2::text[]) as a (asked_token, asked_kid)),
held as (
  select token from masque.vault join asked on token = asked_token where ciphertext is not null
  order by token for update of vault
),
erased as (
  insert into masque.vault (token, kid, erased_at)
  select asked_token, asked_kid, now() from asked, (select count(*) from held) as first
  order by asked_token collate "C"
  on conflict (token) do update set ciphertext = null, erased_at = coalesce(vault.erased_at, now())
  returning token
)
select (select count(*) from held)::int as shredded, (select count(*) from erased) as lines,
       set_config('synchronous_commit', 'on', true) as committing`;
