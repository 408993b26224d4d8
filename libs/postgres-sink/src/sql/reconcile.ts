import { quote, quoteTable } from '../identifier.ts';
import type { Target } from '../target.ts';

/** A column that says on which UTC day a row's message was sent. */
export interface DayColumn {
  readonly name: string;
  readonly type: 'date' | 'timestamptz';
}

/**
 * What the stores hold of each day, in one statement and so of one moment: a batch's ledger entries, rows and
 * quarantine entries are committed together, and either all or none of them are seen, while loaders work on.
 *
 * `rows` should be `placed` less `aside`, and `inserted` more: rows that PostgreSQL had refused were put aside with
 * their ledger entry, and inserted later by a replay. (A replayed body is a message of its own, with an entry of its own.)
 *
 * Parameters: $1 pipeline, $2 and $3 first and last day.
 */
export function reconcileSql(target: Target, day: DayColumn | undefined): string {
  const dayOf =
    day === undefined ? '' : day.type === 'date' ? quote(day.name) : `(${quote(day.name)} at time zone 'utc')::date`;
  const rows =
    day === undefined
      ? ''
      : `union all
  select ${dayOf}, 0, 0, 0, count(*) from ${quoteTable(target.table)}
  where ${dayOf} between $2::date and $3::date group by 1`;
  return `select day::text, sum(placed)::float8 as placed, sum(aside)::float8 as aside, sum(inserted)::float8 as inserted,
       ${day === undefined ? 'null::float8' : 'sum(rows)::float8'} as rows,
       exists (select from pg_inherits join pg_class on pg_class.oid = inhrelid
               where inhparent = 'masque.ledger'::regclass and relname = 'ledger_' || to_char(day, 'YYYYMMDD')) as known
from (
  select sent_day as day, count(*) as placed, 0::bigint as aside, 0::bigint as inserted, 0::bigint as rows
  from masque.ledger where pipeline = $1 and sent_day between $2::date and $3::date group by 1
  union all
  select (sent_at at time zone 'utc')::date, 0, count(*),
         count(*) filter (where status = 'replayed' and masked_row is not null), 0
  from masque.quarantine where pipeline = $1 and (sent_at at time zone 'utc')::date between $2::date and $3::date group by 1
  ${rows}
) as stores group by day order by day`;
}
