import { quote, quoteTable } from './identifier.ts';
import { ledgerId, utcDay } from './ledger.ts';
import { createPool } from './pool.ts';
import type { Cell, Target } from './target.ts';

export interface PipelineCounts {
  /** Messages in the ledger: loaded and quarantined. */
  readonly settledInLedger: number;
  readonly loaded: number;
  readonly quarantined: { readonly total: number; readonly reasons: Readonly<Record<string, number>> };
}

/** Reading what Masque wrote: for the command line and the tests, never for a stage. */
export interface Inspector {
  counts(): Promise<PipelineCounts>;
  /** Which of these messages the ledger knows, by id. */
  inLedger(messages: readonly { readonly id: string; readonly sentAt: number }[]): Promise<ReadonlySet<string>>;
  /** Rows of the target, whoever put them there. */
  rows(): Promise<number>;
  /** Rows of the target whose column is not null, and how many different values they hold. */
  distinct(column: string): Promise<{ readonly values: number; readonly distinct: number }>;
  /** Some rows of the target as they stand, by column name. */
  sample(limit: number): Promise<Readonly<Record<string, Cell>>[]>;
  /** The longest run of equal values in a column: the value and how many rows hold it. */
  mostRepeated(column: string): Promise<{ readonly value: Cell; readonly count: number } | undefined>;
  close(): Promise<void>;
}

export function createInspector(options: { readonly databaseUrl: string; readonly target: Target }): Inspector {
  const { target } = options;
  const pool = createPool({ databaseUrl: options.databaseUrl, name: 'masque-inspect', connections: 2 });
  const table = quoteTable(target.table);

  return {
    async counts() {
      const [ledger] = await pool.query<{ readonly count: number }>({
        text: 'select count(*)::float8 as count from masque.ledger where pipeline = $1',
        values: [target.name],
      });
      const reasons = await pool.query<{ readonly reason: string; readonly count: number }>({
        text: 'select reason, count(*)::float8 as count from masque.quarantine where pipeline = $1 group by 1 order by 2 desc, 1',
        values: [target.name],
      });
      const settledInLedger = ledger?.count ?? 0;
      const total = reasons.reduce((sum, { count }) => sum + count, 0);
      return {
        settledInLedger,
        loaded: settledInLedger - total,
        quarantined: { total, reasons: Object.fromEntries(reasons.map(({ reason, count }) => [reason, count])) },
      };
    },
    async inLedger(messages) {
      const ids = messages.map(({ id }) => ledgerId(id));
      const known = await pool.query<{ readonly id: string }>({
        text: `select message_id::text as id from masque.ledger
               join unnest($1::uuid[], $2::date[]) as asked (id, day) on message_id = id and sent_day = day`,
        values: [ids, messages.map(({ sentAt }) => utcDay(sentAt))],
      });
      const found = new Set(known.map(({ id }) => id));
      return new Set(messages.filter((_, at) => found.has(ids[at] ?? '')).map(({ id }) => id));
    },
    async rows() {
      const [row] = await pool.query<{ readonly count: number }>({
        text: `select count(*)::float8 as count from ${table}`,
      });
      return row?.count ?? 0;
    },
    async distinct(column) {
      const name = quote(column);
      const [row] = await pool.query<{ readonly values: number; readonly distinct: number }>({
        text: `select count(${name})::float8 as values, count(distinct ${name})::float8 as distinct from ${table}`,
      });
      return row ?? { values: 0, distinct: 0 };
    },
    sample: (limit) => pool.query({ text: `select * from ${table} limit $1`, values: [limit] }),
    async mostRepeated(column) {
      const name = quote(column);
      const [row] = await pool.query<{ readonly value: Cell; readonly count: number }>({
        text: `select ${name} as value, count(*)::float8 as count from ${table} where ${name} is not null group by 1 order by 2 desc, 1 limit 1`,
      });
      return row;
    },
    close: () => pool.close(),
  };
}
