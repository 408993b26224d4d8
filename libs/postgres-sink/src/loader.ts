/**
 * A batch on its way into PostgreSQL.
 *
 *     whole ──ok──▶ loaded
 *       │ refused (SQLSTATE 22, 23)
 *       ▼
 *     halves, each again a whole … a single row refused ──▶ quarantined with its SQLSTATE
 *
 * Invariants
 * - Each statement is one transaction over ledger and data, so at every point each message is in both or in neither.
 * - A message is claimed in the ledger before it becomes a row or a quarantine entry, in the same transaction.
 * - `load` resolves only when every message of the batch has its ledger entry committed: by this call, or by another
 *   loader with an overlapping batch, for whose commit the ledger's index made this one wait.
 * - Running it again, in whole or from the middle of a bisection, adds nothing.
 */
import type { Fault } from '@masque/fault';
import { createLedgerDays, ledgerId, utcDay } from './ledger.ts';
import type { Pool } from './pool.ts';
import { fieldSeparator, loadBatchSql } from './sql/load-batch.ts';
import { quarantineRowSql } from './sql/quarantine-row.ts';
import { isRowRefusal } from './sql-fault.ts';
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
}

/** Positions into a batch's rows and rejects: what one statement takes. */
interface Part {
  readonly rows: readonly number[];
  readonly rejects: readonly number[];
}

export function createLoader(pool: Pool, target: Target): { load(batch: SinkBatch): Promise<LoadReport> } {
  const days = createLedgerDays(pool);
  const rowsSql = loadBatchSql(target, false);
  const rowsAndRejectsSql = loadBatchSql(target, true);

  return {
    async load(batch) {
      const whole = withoutRepeats(batch);
      const report = { rows: 0, rejects: {} as Record<string, number>, refused: {} as Record<string, number> };
      await loadPart(batch, whole, report);
      const placed = [report.rows, ...Object.values(report.rejects), ...Object.values(report.refused)];
      return { ...report, duplicates: batch.messageIds.length - placed.reduce((sum, count) => sum + count) };
    },
  };

  async function loadPart(batch: SinkBatch, part: Part, report: Counts): Promise<void> {
    const fault = await tryPart(batch, part, report);
    if (fault === undefined) return;
    const [only] = part.rows;
    if (part.rows.length === 1 && part.rejects.length === 0 && only !== undefined) {
      await quarantineRow(batch, only, fault, report);
      return;
    }
    const half = Math.ceil(part.rows.length / 2);
    // Rejects are text that Masque wrote itself; PostgreSQL has no reason to refuse them. They go on their own.
    if (part.rejects.length > 0) await loadPart(batch, { rows: [], rejects: part.rejects }, report);
    if (part.rows.length === 1) await loadPart(batch, { rows: part.rows, rejects: [] }, report);
    else {
      await loadPart(batch, { rows: part.rows.slice(0, half), rejects: [] }, report);
      await loadPart(batch, { rows: part.rows.slice(half), rejects: [] }, report);
    }
  }

  /** Undefined when loaded; the fault when PostgreSQL refused a row of it. */
  async function tryPart(batch: SinkBatch, part: Part, report: Counts, again = false): Promise<Fault | undefined> {
    const values = toParameters(batch, part);
    const withRejects = part.rejects.length > 0;
    await days.ensure(
      new Set([
        ...part.rows.map((row) => dayOf(batch, batch.rows[row])),
        ...part.rejects.map((at) => dayOf(batch, batch.rejects[at]?.at)),
      ]),
    );
    try {
      const [loaded] = await pool.query<{ rows: number; rejects: string[] | null }>({
        name: withRejects ? 'masque_load_all' : 'masque_load_rows',
        text: withRejects ? rowsAndRejectsSql : rowsSql,
        values,
      });
      report.rows += loaded?.rows ?? 0;
      for (const reason of loaded?.rejects ?? []) report.rejects[reason] = (report.rejects[reason] ?? 0) + 1;
      return undefined;
    } catch (error) {
      const fault = error as Fault;
      if (isMissingPartition(fault) && !again) {
        days.forget();
        return tryPart(batch, part, report, true);
      }
      if (isRowRefusal(fault) && part.rows.length > 0) return fault;
      throw fault;
    }
  }

  function toParameters(batch: SinkBatch, part: Part): unknown[] {
    const messages = part.rows.map((row) => batch.rows[row] ?? -1);
    const values: unknown[] = [
      target.name,
      messages.map((at) => ledgerId(batch.messageIds[at] ?? '')),
      messages.map((at) => dayOf(batch, at)),
      ...target.columns.map((column) => {
        const cells = batch.columns[column.name] ?? [];
        return part.rows.length === cells.length ? cells : part.rows.map((row) => cells[row] ?? null);
      }),
    ];
    if (part.rejects.length === 0) return values;
    const rejects = part.rejects.flatMap((at) => batch.rejects[at] ?? []);
    return [
      ...values,
      batch.receivedAt,
      rejects.map(({ at }) => ledgerId(batch.messageIds[at] ?? '')),
      rejects.map(({ at }) => dayOf(batch, at)),
      rejects.map(({ at }) => batch.messageIds[at]),
      rejects.map(({ at }) => batch.sentAt[at]),
      rejects.map(({ reason }) => reason),
      rejects.map(({ fields }) => fields.join(fieldSeparator)),
      rejects.map(({ body }) => body),
    ];
  }

  async function quarantineRow(batch: SinkBatch, row: number, fault: Fault, report: Counts): Promise<void> {
    const at = batch.rows[row] ?? -1;
    const sqlstate = String(fault.details['sqlstate'] ?? '');
    const { column } = fault.details;
    const cells = target.columns.map(({ name }) => [name, batch.columns[name]?.[row] ?? null]);
    const inserted = await pool.query({
      name: 'masque_quarantine_row',
      text: quarantineRowSql,
      values: [
        target.name,
        batch.receivedAt,
        ledgerId(batch.messageIds[at] ?? ''),
        dayOf(batch, at),
        batch.messageIds[at],
        batch.sentAt[at],
        typeof column === 'string' ? column : '',
        sqlstate,
        JSON.stringify(Object.fromEntries(cells)),
      ],
    });
    if (inserted.length > 0) report.refused[sqlstate] = (report.refused[sqlstate] ?? 0) + 1;
  }
}

interface Counts {
  rows: number;
  readonly rejects: Record<string, number>;
  readonly refused: Record<string, number>;
}

/** A message that SQS delivered twice into one batch is loaded from its first copy; both receipts are settled. */
function withoutRepeats(batch: SinkBatch): Part {
  const seen = new Set<string>();
  const isFirst = (at: number | undefined): boolean => {
    const id = batch.messageIds[at ?? -1] ?? '';
    return seen.has(id) ? false : seen.add(id) !== undefined;
  };
  return {
    rows: [...batch.rows.keys()].filter((row) => isFirst(batch.rows[row])),
    rejects: [...batch.rejects.keys()].filter((at) => isFirst(batch.rejects[at]?.at)),
  };
}

function dayOf(batch: SinkBatch, at: number | undefined): string {
  return utcDay(batch.sentAt[at ?? -1] ?? 0);
}

/** "no partition of relation found for row" is a check violation (23514), but of our table, not of the row. */
function isMissingPartition(fault: Fault): boolean {
  const { sqlstate, schema, table } = fault.details;
  return sqlstate === '23514' && schema === 'masque' && String(table).startsWith('ledger');
}
