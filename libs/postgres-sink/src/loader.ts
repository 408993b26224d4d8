/**
 * A batch on its way into PostgreSQL.
 *
 *     whole ──ok──▶ loaded
 *       │ a row is refused (`isRowRefusal`)
 *       ▼
 *     the table’s own fault? ──▶ thrown: no row is put aside for it
 *       │ no
 *       ▼
 *     rejects alone, and halves of the rows, each again a whole … a single row refused ──▶ quarantined, with SQLSTATE
 *
 * Invariants
 * - Each statement is one transaction over ledger and data, so at every point each message is in both or in neither.
 * - A message is claimed in the ledger before it becomes a row or a quarantine entry, in the same transaction.
 * - The vault's entries of a row's tokens are committed with the row, or were before (vault-entries.ts).
 * - `load` resolves only when every message of the batch has its ledger entry durably committed: by this call, or by
 *   another loader with an overlapping batch, for whose end the ledger's index made this one wait (load-batch.ts).
 * - Running it again, in whole or from the middle of a bisection, adds nothing.
 */
import { Fault } from '@masque/fault';
import { type BatchParts, createBatchParts, type Part } from './batch-parts.ts';
import { checkTarget } from './check-target.ts';
import { createLedgerDays } from './ledger.ts';
import type { Pool } from './pool.ts';
import { isRowRefusal } from './sql-fault.ts';
import { createStatements } from './statements.ts';
import type { SinkBatch, Target } from './target.ts';

export interface LoadReport {
  /** New rows in the target. */
  readonly rows: number;
  /** New quarantine entries for the masker's rejects, by reason. */
  readonly rejects: Readonly<Record<string, number>>;
  /** New quarantine entries for rows that PostgreSQL refused, by SQLSTATE. */
  readonly refused: Readonly<Record<string, number>>;
  /** Messages that were loaded or quarantined before, or twice in this batch. */
  readonly duplicates: number;
  /** Where the target has tokens of the vault. */
  readonly vault?: VaultCounts;
}

export interface VaultCounts {
  /** New entries. */
  readonly stored: number;
  /** Tokens of new rows whose entry was erased before, and stays so. */
  readonly erased: number;
}

interface Counts {
  rows: number;
  readonly vault: { stored: number; erased: number };
  readonly rejects: Record<string, number>;
  readonly refused: Record<string, number>;
}

export function createLoader(pool: Pool, target: Target): { load(batch: SinkBatch): Promise<LoadReport> } {
  const days = createLedgerDays(pool);
  const hasVault = target.columns.some(({ vault }) => vault === true);
  const statements = createStatements(target);

  return {
    async load(batch) {
      const parts = createBatchParts(target, batch);
      const counts: Counts = { rows: 0, rejects: {}, refused: {}, vault: { stored: 0, erased: 0 } };
      await loadPart(parts, parts.whole, counts);
      const { vault, ...report } = counts;
      const placed = [report.rows, ...Object.values(report.rejects), ...Object.values(report.refused)];
      const added = hasVault ? { ...report, vault } : report;
      return { ...added, duplicates: batch.messageIds.length - placed.reduce((sum, count) => sum + count) };
    },
  };

  async function loadPart(parts: BatchParts, part: Part, report: Counts): Promise<void> {
    const fault = await tryPart(parts, part, report);
    if (fault === undefined) return;
    const [only] = part.rows;
    if (part.rows.length === 1 && part.rejects.length === 0 && only !== undefined) {
      await quarantineRow(parts, only, fault, report);
      return;
    }
    // Rejects are text that Masque wrote itself; PostgreSQL has no reason to refuse them. They go on their own.
    if (part.rejects.length > 0) await loadPart(parts, { rows: [], rejects: part.rejects }, report);
    const half = Math.ceil(part.rows.length / 2);
    for (const rows of [part.rows.slice(0, half), part.rows.slice(half)]) {
      if (rows.length > 0) await loadPart(parts, { rows, rejects: [] }, report);
    }
  }

  /** Undefined when loaded; the fault when PostgreSQL refused a row of it. */
  async function tryPart(parts: BatchParts, part: Part, report: Counts): Promise<Fault | undefined> {
    try {
      const [loaded] = await inLedgerDays(parts.days(part), () =>
        pool.query<{ readonly rows: number; readonly rejects: string[] | null } & Partial<VaultCounts>>({
          ...statements.load(part.rejects.length > 0, parts.hasEntries(part)),
          values: parts.parameters(part),
        }),
      );
      report.rows += loaded?.rows ?? 0;
      addVault(report, loaded);
      for (const reason of loaded?.rejects ?? []) report.rejects[reason] = (report.rejects[reason] ?? 0) + 1;
      return undefined;
    } catch (error) {
      const fault = error as Fault;
      if (!isRowRefusal(fault) || part.rows.length === 0) throw fault;
      if (isOfUnfedColumn(fault)) await checkTarget(pool, target);
      return fault;
    }
  }

  /**
   * NULL where none may be, in a column that the pipeline gives no row: its owner has added it since `check`, and every
   * row there will ever be is refused. `checkTarget` throws then, and the batch waits for the owner. If it finds nothing,
   * a trigger wrote to another table, and the row is to blame after all.
   */
  function isOfUnfedColumn({ details: { sqlstate, column } }: Fault): boolean {
    return sqlstate === '23502' && !target.columns.some(({ name }) => name === column);
  }

  async function quarantineRow(parts: BatchParts, row: number, fault: Fault, report: Counts): Promise<void> {
    const { sqlstate = '', column } = fault.details;
    const state = String(sqlstate);
    const [quarantined] = await inLedgerDays(parts.days({ rows: [row], rejects: [] }), () =>
      pool.query<{ readonly added: number } & Partial<VaultCounts>>({
        ...statements.quarantineRow(parts.hasEntries({ rows: [row], rejects: [] })),
        values: parts.refusedRow(row, typeof column === 'string' ? column : undefined, state),
      }),
    );
    addVault(report, quarantined);
    if (quarantined?.added === 1) report.refused[state] = (report.refused[state] ?? 0) + 1;
  }

  /** A partition may have been dropped or detached since this process asked for it: then once more. */
  async function inLedgerDays<T>(of: ReadonlySet<string>, insert: () => Promise<T>): Promise<T> {
    try {
      await days.ensure(of);
      return await insert();
    } catch (error) {
      if (!isMissingPartition(error)) throw error;
      days.forget();
    }
    await days.ensure(of);
    try {
      return await insert();
    } catch (error) {
      throw isMissingPartition(error) ? withoutPartition() : error;
    }
  }
}

function addVault({ vault }: Counts, { stored = 0, erased = 0 }: Partial<VaultCounts> = {}): void {
  vault.stored += stored;
  vault.erased += erased;
}

/** "no partition of relation found for row" is a check violation (23514), but of our table, not of the row. */
function isMissingPartition(error: unknown): boolean {
  if (!(error instanceof Fault)) return false;
  const { sqlstate, schema, table } = error.details;
  return sqlstate === '23514' && schema === 'masque' && table === 'ledger';
}

/** Somebody takes partitions away faster than a loader can make them; no row is at fault. */
function withoutPartition(): Fault {
  return new Fault('ledger_day_missing', 'a day’s partition of masque.ledger is gone as soon as it is made', {
    heals: true,
    setting: 'DATABASE_URL',
    advice: 'Drop only partitions of days beyond SQS’s retention.',
  });
}
