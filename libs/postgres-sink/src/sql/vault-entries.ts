/**
 * Parts of a statement that stores the vault's entries of the tokens which the same statement makes rows of.
 *
 * Why no row's token is ever without its line in `masque.vault`: the entries are inserted by the statement that inserts
 * the rows, so both are committed or neither; and where one is skipped, READ COMMITTED has seen the token in the
 * table, of a transaction that committed before ours (a running one is waited for, an undone one is none). Lines are
 * never deleted. The flush that our commit waits for covers theirs, as load-batch.ts argues for the ledger.
 *
 * - `group by` and not `distinct` or a plain join: it hands on nothing before it has read all of `fresh`. So every
 *   ledger entry is made before the first token is, and both in order: whoever waits holds only what comes earlier in
 *   one order of all, and loaders with the same values do not deadlock.
 * - Only of what became rows now: a message that was loaded before brought its entries then, and one that is put
 *   aside needs none.
 * - DO NOTHING and not DO UPDATE: it needs no right to change an entry, and so a loader cannot destroy one, nor put
 *   one in the place of a tombstone.
 * - Those that meet a tombstone are counted: somebody sends a value that was erased.
 *
 * @param tokens a query of one column `token`, over `fresh`, what the statement added to the ledger
 * @param first the first of three parameters: tokens, kids, ciphertexts
 */
export function vaultParts(tokens: string, first: number): string {
  const array = (at: number, type: string): string => `$${first + at}::${type}[]`;
  return `,
used as (
  select token from (${tokens}) as tokens where token is not null group by token
),
vaulted as (
  insert into masque.vault (token, kid, ciphertext)
  select token, kid, ciphertext
  from unnest(${array(0, 'text')}, ${array(1, 'text')}, ${array(2, 'bytea')}) as e (token, kid, ciphertext) join used using (token)
  order by token collate "C"
  on conflict do nothing
  returning 1
)`;
}

/** What a statement with `vaultParts` tells of them. */
export const vaultCounts = `(select count(*) from vaulted)::int as stored,
       (select count(*) from masque.vault join used using (token) where erased_at is not null)::int as erased`;
