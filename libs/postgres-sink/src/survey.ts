import { quoteTable } from './identifier.ts';
import { ledgerId, utcDay } from './ledger.ts';
import { createPool } from './pool.ts';
import { type DayColumn, reconcileSql } from './sql/reconcile.ts';
import { type Finding, type MaskedShape, placesSql, surveyParameters, surveySql } from './sql/survey.ts';
import { findTable } from './target-table.ts';
import type { Target } from './target.ts';

/** Looks whether what is in the database is as it should be; changes nothing. No value leaves it. */
export interface Survey {
  /** What a column of masked values holds. */
  column(name: string, shape: MaskedShape): Promise<ColumnFinding[]>;
  /** `<table> (<page>,<row>)` of some values of a finding; none in a view, whose rows have no place of their own. */
  places(name: string, shape: MaskedShape, finding: Finding, limit: number): Promise<string[]>;
  /** Key ids that any pipeline's batches have come with, or that were recorded to follow one. */
  recordedKeys(): Promise<ReadonlySet<string>>;
  /** By UTC day of sending, both ends included; days of which nothing is known are left out. */
  days(first: string, last: string, day: DayColumn | undefined): Promise<DayAccount[]>;
  /** Quarantine entries of these days without the ledger entry that was made with each. */
  withoutLedger(first: string, last: string): Promise<number>;
  close(): Promise<void>;
}

export interface ColumnFinding {
  readonly finding: Finding;
  /** `rsa1`, …; null for what is no token. */
  readonly method: string | null;
  readonly kid: string | null;
  readonly values: number;
}

export interface DayAccount {
  /** `YYYY-MM-DD` */
  readonly day: string;
  /** Messages in the ledger. */
  readonly placed: number;
  /** Of these, put into quarantine. */
  readonly aside: number;
  /** Of these, inserted later as the rows that PostgreSQL had refused at first. */
  readonly inserted: number;
  /** In the target; null where it has no column that tells the day. */
  readonly rows: number | null;
  /** The ledger still has this day. */
  readonly known: boolean;
}

/** Large tables take as long as they take. */
const patienceMs = 86_400_000;
const entriesAtOnce = 5_000;

export function openSurvey(options: { readonly databaseUrl: string; readonly target: Target }): Survey {
  const { databaseUrl, target } = options;
  const pool = createPool({ databaseUrl, name: 'masque-verify', connections: 2, statementTimeoutMs: patienceMs });
  const table = quoteTable(target.table);
  return {
    column: (name, shape) => pool.query({ text: surveySql(table, name, shape), values: surveyParameters(shape) }),
    async places(name, shape, finding, limit) {
      if ((await findTable(pool, target.table)).isView) return [];
      const text = placesSql(table, name, shape, finding, limit);
      const rows = await pool.query<{ readonly place: string }>({ text, values: surveyParameters(shape) });
      return rows.map(({ place }) => place);
    },
    async recordedKeys() {
      const rows = await pool.query<{ readonly kid: string }>({ text: 'select distinct kid from masque.keys' });
      return new Set(rows.map(({ kid }) => kid));
    },
    days: (first, last, day) => pool.query({ text: reconcileSql(target, day), values: [target.name, first, last] }),
    async withoutLedger(first, last) {
      let missing = 0;
      let after = '0';
      for (;;) {
        const entries = await pool.query<Entry>({
          text: `select id::text, message_id as "messageId", extract(epoch from sent_at)::float8 * 1000 as "sentAt"
                 from masque.quarantine
                 where pipeline = $1 and id > $2 and (sent_at at time zone 'utc')::date between $3::date and $4::date
                 order by id limit ${entriesAtOnce}`,
          values: [target.name, after, first, last],
        });
        const newest = entries.at(-1);
        if (newest === undefined) return missing;
        after = newest.id;
        missing += await countMissing(entries);
      }
    },
    close: () => pool.close(),
  };

  /** An id that is no UUID has its place in the ledger by a hash, which is made here. */
  async function countMissing(entries: readonly Entry[]): Promise<number> {
    const [found] = await pool.query<{ readonly missing: number }>({
      text: `select count(*)::float8 as missing from unnest($1::uuid[], $2::date[]) as asked (id, day)
             where not exists (select from masque.ledger where message_id = id and sent_day = day)`,
      values: [
        entries.map(({ messageId }) => ledgerId(messageId)),
        entries.map(({ sentAt }) => utcDay(Math.round(sentAt))),
      ],
    });
    return found?.missing ?? 0;
  }
}

interface Entry {
  readonly id: string;
  readonly messageId: string;
  readonly sentAt: number;
}
