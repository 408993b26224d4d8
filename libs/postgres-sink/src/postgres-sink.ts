import { checkTarget } from './check-target.ts';
import { createKeyRegister } from './key-register.ts';
import { createKeyUse } from './key-use.ts';
import { keepLedger, type LedgerUpkeep } from './ledger-upkeep.ts';
import { createLoader, type LoadReport } from './loader.ts';
import { createPool, type SqlCall } from './pool.ts';
import type { SinkBatch, SinkKey, Target } from './target.ts';

export type { LedgerUpkeep, LoadReport, SqlCall };

export interface PostgresSinkOptions {
  /** DATABASE_URL: `postgres://user:password@host:port/database`. */
  readonly databaseUrl: string;
  readonly target: Target;
  /** Statements at once, at most: one a batch in hand. */
  readonly connections: number;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** The server ends a statement that runs longer, and the batch is tried again. Default 30,000. */
  readonly statementTimeoutMs?: number;
  /** Told of the statements that are run for every batch. */
  readonly onStatement?: (call: SqlCall) => void;
}

/** Exactly-once loading: rows, quarantine and ledger of a batch in one transaction. */
export interface PostgresSink {
  /**
   * Looks whether this user can load into this table: everything that would refuse every batch.
   * @throws {Fault} what waiting heals (`postgres_unreachable`, `postgres_busy`, `postgres_read_only`) and what it
   *   does not (`postgres_refused`, `postgres_tls`, `database_url_invalid`, `database_missing`, `not_migrated`,
   *   `table_missing`, `privilege_missing`, `column_missing`, `column_type_differs`, `column_too_short`,
   *   `column_unfed`, `table_unlogged`, `postgres_failed`)
   */
  check(): Promise<void>;
  /**
   * Loads what of a batch is not loaded yet. When it resolves every message of the batch is durably in exactly one
   * place, whoever put it there, and may be deleted from SQS. Safe to call again after any failure.
   * @throws {Fault} of the kinds that `check` throws, and `definition_differs`, `batch_malformed`, `entry_missing`,
   *   `ledger_day_missing`
   */
  load(batch: SinkBatch): Promise<LoadReport>;
  /**
   * Records the keys of a batch's tokens, and refuses those that the table was not masked with before.
   * @throws {Fault} `key_differs`
   */
  registerKeys(keys: readonly SinkKey[]): Promise<void>;
  /**
   * Makes the ledger's partitions of the days to come, and retires those that nothing has been loaded into for so
   * many days, at least 30.
   */
  keepLedger(retentionDays: number): Promise<LedgerUpkeep>;
  close(): Promise<void>;
}

export function createPostgresSink(options: PostgresSinkOptions): PostgresSink {
  const { target, ...connection } = options;
  const pool = createPool(connection);
  const loader = createLoader(pool, target);
  const keys = createKeyRegister(pool, target.name);
  const use = createKeyUse(pool, target.name, { onRetired: keys.forget });
  return {
    check: () => checkTarget(pool, target),
    async load(batch) {
      const report = await loader.load(batch);
      use.note(batch.keys ?? [], report.rows);
      return report;
    },
    registerKeys: keys.register,
    keepLedger: (retentionDays) => keepLedger(pool, retentionDays),
    async close() {
      await use.flush();
      await pool.close();
    },
  };
}
