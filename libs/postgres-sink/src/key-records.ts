import { quote, quoteTable } from './identifier.ts';
import { recordKeys } from './key-register.ts';
import { createPool } from './pool.ts';
import type { SinkKey, Target } from './target.ts';

/** What `masque.keys` says of a key; times in epoch milliseconds. */
export interface KeyRecord extends SinkKey {
  readonly recordedAt: number;
  readonly firstUsed: number | null;
  readonly lastUsed: number | null;
  /** As loaders have told: a few seconds behind, and short of what crashes took along. */
  readonly rows: number;
  readonly retiredAt: number | null;
}

/** Rows that hold what a key made, counted in the tables themselves. */
export interface KeyUse {
  /** Rows of the target. */
  readonly rows: number;
  /** Quarantine entries: rows that PostgreSQL refused, or bodies sealed to the key. */
  readonly quarantined: number;
  /** Entries of the vault, of a key that these are encrypted to. */
  readonly entries?: number;
}

/** `masque.keys` and the rows behind it, for the custodian's commands. */
export interface KeyRecords {
  list(): Promise<KeyRecord[]>;
  /**
   * Records keys before they are used: the loader refuses a key that it does not know where it knows others.
   * @throws {Fault} `key_differs` as the loader would
   */
  record(keys: readonly SinkKey[]): Promise<void>;
  /** From its next report on, within ten seconds, a loader refuses batches that were masked with a retired key. */
  setRetired(kid: string, isRetired: boolean): Promise<void>;
  /** Rows with a token that begins so: exact, at the price of a walk through the table. */
  countTokens(start: string): Promise<KeyUse>;
  /** Rows that have any value in these columns, for methods whose tokens name no key. */
  countValues(columns: readonly string[]): Promise<KeyUse>;
  /** Entries of the vault that are encrypted to this key, whichever rows their tokens are in. */
  countEntries(kid: string): Promise<KeyUse>;
  /** Quarantined bodies that are sealed to this key. */
  countSealed(kid: string): Promise<KeyUse>;
  close(): Promise<void>;
}

/** A walk through a large table takes its time. */
const statementTimeoutMs = 3_600_000;

export function openKeyRecords(options: { readonly databaseUrl: string; readonly target: Target }): KeyRecords {
  const { databaseUrl, target } = options;
  const pool = createPool({ databaseUrl, name: 'masque-keys', connections: 1, statementTimeoutMs });
  const table = quoteTable(target.table);
  const tokenColumns = target.columns.filter((column) => column.tokenLength !== undefined).map(({ name }) => name);

  async function count(text: string, values: readonly unknown[]): Promise<number> {
    const [row] = await pool.query<{ readonly count: number }>({ text, values });
    return row?.count ?? 0;
  }

  return {
    async list() {
      return pool.query<KeyRecord>({
        text: `select kid, method, fingerprint, ${epoch('recorded_at')} as "recordedAt", ${epoch('first_used')} as "firstUsed",
                      ${epoch('last_used')} as "lastUsed", rows::float8 as rows, ${epoch('retired_at')} as "retiredAt"
               from masque.keys where pipeline = $1 order by recorded_at, kid`,
        values: [target.name],
      });
    },
    async record(keys) {
      await pool.transaction((query) => recordKeys(query, target.name, keys));
    },
    async setRetired(kid, isRetired) {
      await pool.query({
        text: `update masque.keys set retired_at = case when $3 then now() end where pipeline = $1 and kid = $2`,
        values: [target.name, kid, isRetired],
      });
    },
    async countTokens(start) {
      const matches = tokenColumns.map((column) => `starts_with(${quote(column)}::text, $1)`).join(' or ');
      const quarantined = `select count(*)::float8 as count from masque.quarantine,
        lateral (select 1 from jsonb_each_text(masked_row) as cell where starts_with(cell.value, $1) limit 1) as found
        where pipeline = $2 and status = 'held' and masked_row is not null`;
      return {
        rows: await count(`select count(*)::float8 as count from ${table} where ${matches}`, [start]),
        quarantined: await count(quarantined, [start, target.name]),
      };
    },
    async countValues(columns) {
      const matches = columns.map((column) => `${quote(column)} is not null`).join(' or ');
      return {
        rows: await count(`select count(*)::float8 as count from ${table} where ${matches}`, []),
        quarantined: await count(
          `select count(*)::float8 as count from masque.quarantine
           where pipeline = $1 and status = 'held' and masked_row is not null`,
          [target.name],
        ),
      };
    },
    async countEntries(kid) {
      const text = 'select count(*)::float8 as count from masque.vault where kid = $1 and ciphertext is not null';
      return { rows: 0, quarantined: 0, entries: await count(text, [kid]) };
    },
    async countSealed(kid) {
      // The key's id stands behind the version's byte (libs/sealing).
      const text = `select count(*)::float8 as count from masque.quarantine
                    where pipeline = $1 and status = 'held' and substring(body from 2 for 6) = convert_to($2, 'UTF8')`;
      return { rows: 0, quarantined: await count(text, [target.name, kid]) };
    },
    close: () => pool.close(),
  };
}

/** Milliseconds. */
function epoch(column: string): string {
  return `extract(epoch from ${column})::float8 * 1000`;
}
