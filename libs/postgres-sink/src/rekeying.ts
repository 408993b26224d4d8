import { Fault, retry } from '@masque/fault';
import { unfitColumns } from './column-fit.ts';
import { quoteTable } from './identifier.ts';
import { recordKeys } from './key-register.ts';
import { createPool, type Statement } from './pool.ts';
import { aloneSql, running } from './rekey-lock.ts';
import * as sql from './sql/rekey.ts';
import { findTable, readColumns } from './target-table.ts';
import type { SinkKey, Target } from './target.ts';

/** PostgreSQL's part in taking tokens of one key over to another; `apps/cli/src/rekey` says in which order and why. */
export interface Rekeying {
  /** Old tokens in each column, and how many are different. */
  oldTokens(): Promise<Readonly<Record<string, ColumnCount>>>;
  /** Different values in each column, where an old and a new token of one value count once. */
  distinct(): Promise<Readonly<Record<string, ColumnCount>>>;
  /** Some old tokens, to try the keys on. */
  sample(limit: number): Promise<string[]>;
  /** Old tokens without an alias, a range of pages at a time; `done` of 1 is how far it has come. */
  unaliased(): AsyncGenerator<{ readonly tokens: readonly string[]; readonly done: number }>;
  addAliases(pairs: readonly Pair[]): Promise<void>;
  /** @throws {Fault} `rekey_not_one_to_one` */
  requireOneToOne(): Promise<void>;
  /** Old tokens by their aliases, a range of pages at a time, as many rows each. */
  rewrite(): AsyncGenerator<{ readonly rows: number; readonly done: number }>;
  /** Aliases of these two keys are for a rekey that is under way, unless somebody wants to keep them. */
  dropAliases(): Promise<void>;
  /**
   * Runs `work` while no other rekey runs on this database, with aliases of the old key for no other new one, and with
   * both keys known to the loader.
   * @throws {Fault} `rekey_running`, `key_differs`, `column_too_short`
   */
  alone<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface ColumnCount {
  readonly values: number;
  readonly distinct: number;
}

export interface Pair {
  readonly old: string;
  readonly new: string;
}

export interface RekeyingOptions {
  readonly databaseUrl: string;
  readonly target: Target;
  /** Of the target, whose tokens are taken over. */
  readonly columns: readonly string[];
  readonly from: SinkKey;
  readonly to: SinkKey;
  /** What the old key's tokens begin with. */
  readonly prefix: string;
}

/** Counting a large table takes as long as it takes. */
const patienceMs = 86_400_000;
/** A deadlock with an update of the owner's, or a server that starts again. Then whoever runs it may run it again. */
const retryForMs = 60_000;

export function openRekeying(options: RekeyingOptions): Rekeying {
  const { databaseUrl, target, columns, prefix } = options;
  const [from, to] = [options.from.kid, options.to.kid];
  const name = 'masque-rekey';
  const pool = createPool({ databaseUrl, name, connections: 1 });
  const patient = createPool({ databaseUrl, name, connections: 2, statementTimeoutMs: patienceMs });
  const table = quoteTable(target.table);
  const aside = [prefix, target.name, ...columns];

  const steadily = <Row extends object>(statement: Statement): Promise<Row[]> =>
    retry(() => pool.query<Row>(statement), { signal: AbortSignal.timeout(retryForMs) });

  async function countEach(statementOf: (column: string) => Statement): Promise<Record<string, ColumnCount>> {
    const counts: Record<string, ColumnCount> = {};
    for (const column of columns) {
      const [row] = await patient.query<ColumnCount>(statementOf(column));
      counts[column] = row ?? { values: 0, distinct: 0 };
    }
    return counts;
  }

  /** Pages as they are now: what is added later is not old, or is found by the next pass. */
  async function* ranges(): AsyncGenerator<{ table: string; pages: readonly [number, number]; done: number }> {
    const leaves = await steadily<Leaf>({ text: sql.leavesSql, values: [(await findTable(pool, target.table)).oid] });
    if (leaves.some(({ kind }) => kind !== 'r')) throw notATable(target.table);
    const total = leaves.reduce((sum, { pages }) => sum + pages, 0);
    let walked = 0;
    for (const leaf of leaves) {
      for (let page = 0; page < leaf.pages; page += sql.pagesAtOnce) {
        const end = Math.min(page + sql.pagesAtOnce, leaf.pages);
        walked += end - page;
        yield { table: leaf.name, pages: [page, end], done: walked / total };
      }
    }
  }

  return {
    oldTokens: () => countEach((column) => ({ text: sql.oldTokensSql(table, column), values: [prefix] })),
    distinct: () => countEach((column) => ({ text: sql.distinctSql(table, column) })),
    async sample(limit) {
      const tokens: string[] = [];
      for (const column of columns) {
        const text = `${sql.cellsSql(table, column)} limit $2`;
        const rows = await patient.query<{ readonly token: string }>({ text, values: [prefix, limit] });
        tokens.push(...rows.map(({ token }) => token));
      }
      return tokens;
    },
    async *unaliased() {
      const found = await steadily<Found>({ text: sql.unaliasedAsideSql(columns), values: aside });
      yield { tokens: found.map(({ token }) => token), done: 0 };
      for await (const { table: leaf, pages, done } of ranges()) {
        const rows = await steadily<Found>({ text: sql.unaliasedSql(leaf, columns), values: [prefix, ...pages] });
        yield { tokens: rows.map(({ token }) => token), done };
      }
    },
    async addAliases(pairs) {
      const values = [pairs.map((pair) => pair.old), pairs.map((pair) => pair.new), from, to];
      await steadily({ text: sql.addAliasesSql, values });
    },
    async requireOneToOne() {
      const [count] = await patient.query<{ readonly pairs: number; readonly distinct: number }>({
        text: sql.pairsSql,
        values: [from, to],
      });
      if (count !== undefined && count.pairs !== count.distinct) throw notOneToOne(from, to);
    },
    async *rewrite() {
      const [held] = await steadily<Changed>({ text: sql.rewriteAsideSql(columns), values: aside });
      yield { rows: held?.rows ?? 0, done: 0 };
      for await (const { table: leaf, pages, done } of ranges()) {
        const [changed] = await steadily<Changed>({ text: sql.rewriteSql(leaf, columns), values: [prefix, ...pages] });
        yield { rows: changed?.rows ?? 0, done };
      }
    },
    async dropAliases() {
      await patient.query({
        text: 'delete from masque.aliases where from_kid = $1 and to_kid = $2',
        values: [from, to],
      });
    },
    alone: (work) =>
      patient.transaction(async (query) => {
        const [lock] = await query<{ readonly taken: boolean }>({ text: aloneSql });
        if (lock?.taken !== true) throw running();
        await checkWidths();
        await pool.transaction((own) => recordKeys(own, target.name, [options.from, options.to]));
        // Left by a rekey to another key that was given up: these tokens are about to get other aliases.
        await pool.query({
          text: 'delete from masque.aliases where from_kid = $1 and to_kid <> $2',
          values: [from, to],
        });
        return work();
      }),
    async close() {
      await Promise.all([pool.close(), patient.close()]);
    },
  };

  async function checkWidths(): Promise<void> {
    const actual = await readColumns(pool, await findTable(pool, target.table));
    const given = target.columns.filter((column) => columns.includes(column.name));
    const unfit = unfitColumns({ columns: given }, actual).find(({ kind }) => kind !== 'column_unfed');
    if (unfit === undefined) return;
    throw new Fault(unfit.kind, `the table ${target.table} cannot take the new tokens: ${unfit.words}`, {
      heals: false,
      setting: 'DATABASE_URL',
      advice: 'Run `masque migrate --widen`, which makes columns of tokens text and rewrites nothing.',
    });
  }
}

interface Leaf {
  readonly name: string;
  readonly kind: string;
  readonly pages: number;
}

interface Found {
  readonly token: string;
}

interface Changed {
  readonly rows: number;
}

function notATable(table: string): Fault {
  return new Fault('rekey_no_table', `${table} is a view or a foreign table, or has one for a part`, {
    heals: false,
    setting: 'MASQUE_PIPELINE',
    advice: 'Rows are changed in the tables that hold them: name these in a definition, and run it on each.',
  });
}

function notOneToOne(from: string, to: string): Fault {
  return new Fault('rekey_not_one_to_one', `two tokens of ${from} became one of ${to}`, {
    heals: false,
    advice: 'No row was changed. Somebody wrote into masque.aliases, or this is a defect in Masque.',
    details: { from, to },
  });
}
