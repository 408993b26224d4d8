import { quote, quoteTable } from '../identifier.ts';
import type { Target } from '../target.ts';
import { durably } from './durable.ts';
import { vaultCounts, vaultParts } from './vault-entries.ts';

/** U+001F, which no field of a definition holds. */
export const fieldSeparator = '\u001f';

/**
 * Loads a batch in one statement, which is one transaction: ledger, rows, rejects and the vault's entries, all or none.
 *
 * - `unnest` of typed arrays. One INSERT a row was some 20 times slower; COPY wins only without a ledger, as it cannot
 *   skip what conflicts.
 * - The ledger insert decides which messages are new; rows and rejects join on what it returned, so that a message
 *   seen before adds nothing.
 * - Its ORDER BY keeps overlapping batches from deadlocking: a loader that waits for an id holds only smaller ones, so
 *   nobody who holds that id can come to wait for it. Without it 53 of 120 overlapping batches deadlocked.
 *
 * Why all of a batch may be deleted from SQS once this has committed, what was skipped included. In READ COMMITTED,
 * which the pool sets, the unique index of the ledger has for an id
 * 1. no entry, or one of a transaction that aborted or died with its server: ours goes in, with its row or reject;
 * 2. an entry of a running transaction: the insert waits for its end and looks again, so that nothing is ever skipped
 *    on the strength of what may still be undone;
 * 3. an entry of a transaction that committed, be it after our snapshot (where REPEATABLE READ would fail, 40001): it
 *    is skipped. Row or reject were committed together with it, by this same statement.
 * That leaves the durability of commits of case 3, which need not be ours. A transaction is seen as committed only
 * once its commit record is in the WAL, so before ours, and the WAL is flushed and replicated in order: the flush that
 * our commit waits for covers theirs. `durably` sees to it that our commit has one to wait for.
 * (PostgreSQL's check_exclusion_or_unique_constraint and RecordTransactionCommit are the sources of this.)
 *
 * Parameters: $1 pipeline, then the rows' arrays: $2 ledger ids, $3 days, $4… one a column; then, with entries, the
 * three of vault-entries.ts, for the tokens in the target's columns of the vault; and, with rejects:
 * received_at (epoch milliseconds), then their arrays: ledger ids, days, message ids, sent_at (epoch milliseconds),
 * reasons, fields (joined by `fieldSeparator`), bodies (base64).
 */
export function loadBatchSql(target: Target, withRejects: boolean, withEntries = false): string {
  const columns = target.columns.map((column) => quote(column.name));
  const cells = target.columns.map((_, at) => `c${at}`);
  const firstEntry = 4 + columns.length;
  const receivedAt = firstEntry + (withEntries ? 3 : 0);
  const parameters = target.columns.map((column, at) => `$${4 + at}::${arrayType(column.type)}`);
  const reject = (at: number, type: string): string => `$${receivedAt + 1 + at}::${type}[]`;

  const rejects = withRejects
    ? `,
rejects as (
  select * from unnest(${reject(0, 'uuid')}, ${reject(1, 'date')}, ${reject(2, 'text')}, ${reject(3, 'float8')},
                       ${reject(4, 'text')}, ${reject(5, 'text')}, ${reject(6, 'text')})
    as r (ledger_id, day, message_id, sent_at, reason, fields, body)
)`
    : '';
  const ids = withRejects
    ? 'select ledger_id, day from rows union all select ledger_id, day from rejects'
    : 'select ledger_id, day from rows';
  const quarantined = withRejects
    ? `,
quarantined as (
  insert into masque.quarantine (pipeline, message_id, sent_at, received_at, reason, fields, body)
  select $1, message_id, to_timestamp(sent_at / 1000), to_timestamp($${receivedAt}::float8 / 1000), reason,
         string_to_array(fields, chr(31)), decode(body, 'base64')
  from rejects join fresh using (ledger_id)
  returning reason
)`
    : '';

  const tokens = cells.filter((_, at) => target.columns[at]?.vault === true);
  const vaulted = withEntries
    ? vaultParts(
        tokens.map((token) => `select ${token} as token from rows join fresh using (ledger_id)`).join(' union all '),
        firstEntry,
      )
    : '';

  return `with rows as (
  select * from unnest($2::uuid[], $3::date[], ${parameters.join(', ')})
    as r (ledger_id, day, ${cells.join(', ')})
)${rejects},
fresh as (
  insert into masque.ledger (message_id, sent_day, pipeline)
  select ledger_id, day, $1 from (${ids}) as ids order by ledger_id
  on conflict do nothing
  returning message_id as ledger_id
),
loaded as (
  insert into ${quoteTable(target.table)} (${columns.join(', ')})
  select ${cells.join(', ')} from rows join fresh using (ledger_id)
  returning 1
)${vaulted}${quarantined}
select (select count(*) from loaded)::int as rows, ${
    withRejects ? '(select array_agg(reason) from quarantined)' : 'null::text[]'
  } as rejects,
       ${withEntries ? `${vaultCounts},\n       ` : ''}${durably('fresh')}`;
}

/** `varchar(32)[]` would cut long values without a word when cast; the bare type leaves the check to the column. */
function arrayType(type: string): string {
  return `${type.startsWith('varchar(') ? 'text' : type}[]`;
}
