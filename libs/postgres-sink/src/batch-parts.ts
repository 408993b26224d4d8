import { Fault } from '@masque/fault';
import { arrayLiteral } from './array-literal.ts';
import { arrayOf, cellAt, countOf } from './cells.ts';
import { createEntryParts } from './entry-parts.ts';
import { ledgerId, utcDay } from './ledger.ts';
import { fieldSeparator } from './sql/load-batch.ts';
import type { Cell, SinkBatch, Target } from './target.ts';

/** Positions into a batch's rows and rejects: what one statement takes. */
export interface Part {
  readonly rows: readonly number[];
  readonly rejects: readonly number[];
}

/** A message as the ledger keys it. */
export interface LedgerKey {
  readonly id: string;
  readonly day: string;
}

/** A batch as parameters of SQL, in whole or in parts. */
export interface BatchParts {
  /** Every message once: where SQS delivered one twice into the batch, its first copy counts for both receipts. */
  readonly whole: Part;
  /** UTC days of a part's messages. */
  days(part: Part): Set<string>;
  /** Parameters of `loadBatchSql`. */
  parameters(part: Part): unknown[];
  /** Does the vault need entries for these rows? Then they are among the parameters. */
  hasEntries(part: Part): boolean;
  /** Parameters of `quarantineRowSql`. */
  refusedRow(row: number, column: string | undefined, sqlstate: string): unknown[];
}

/** @throws {Fault} `definition_differs`, `batch_malformed`, `entry_missing` */
export function createBatchParts(target: Target, batch: SinkBatch): BatchParts {
  checkColumns(target, batch);
  const entries = createEntryParts(target, batch);
  const dayOf = memoize(utcDay);
  const keys = batch.messageIds.map((id, at): LedgerKey => {
    const sentAt = batch.sentAt[at] ?? -1;
    if (!(sentAt >= 0 && sentAt <= latestMs)) throw malformed('a message without a time');
    return { id: ledgerId(id), day: dayOf(sentAt) };
  });
  const keyAt = (at: number | undefined): LedgerKey => {
    const key = keys[at ?? -1];
    if (key === undefined) throw malformed('a row or reject of no message');
    return key;
  };
  const keysOf = (part: Part): { readonly rows: LedgerKey[]; readonly rejects: LedgerKey[] } => ({
    rows: part.rows.map((row) => keyAt(batch.rows[row])),
    rejects: part.rejects.map((reject) => keyAt(batch.rejects[reject]?.at)),
  });

  return {
    whole: withoutRepeats(batch, (at) => keyAt(at).id),
    days(part) {
      const { rows, rejects } = keysOf(part);
      return new Set([...rows, ...rejects].map(({ day }) => day));
    },
    parameters(part) {
      const keys = keysOf(part);
      const values: unknown[] = [
        target.name,
        ...keyArrays(keys.rows),
        ...target.columns.map(({ name }) => arrayOf(batch.columns[name], part.rows)),
      ];
      if (entries.needs(part.rows)) values.push(...entries.of(part.rows));
      if (part.rejects.length === 0) return values;
      const rejects = part.rejects.flatMap((reject) => batch.rejects[reject] ?? []);
      return [
        ...values,
        batch.receivedAt,
        ...keyArrays(keys.rejects),
        arrayLiteral(rejects.map(({ at }) => batch.messageIds[at])),
        arrayLiteral(rejects.map(({ at }) => batch.sentAt[at])),
        arrayLiteral(rejects.map(({ reason }) => reason)),
        arrayLiteral(rejects.map(({ fields }) => fields.join(fieldSeparator))),
        arrayLiteral(rejects.map(({ body }) => body)),
      ];
    },
    hasEntries: ({ rows }) => entries.needs(rows),
    refusedRow(row, column, sqlstate) {
      const at = batch.rows[row] ?? -1;
      const { id, day } = keyAt(at);
      const cells = target.columns.map(({ name }) => [name, storable(cellAt(batch.columns[name], row))]);
      return [
        target.name,
        batch.receivedAt,
        id,
        day,
        batch.messageIds[at],
        batch.sentAt[at],
        column,
        sqlstate,
        JSON.stringify(Object.fromEntries(cells)),
        ...(entries.needs([row]) ? entries.of([row]) : []),
      ];
    },
  };
}

/** The last instant of the year 9999, beyond which a day is no longer `YYYY-MM-DD`. */
const latestMs = 253_402_300_799_999;

function keyArrays(keys: readonly LedgerKey[]): string[] {
  return [arrayLiteral(keys.map(({ id }) => id)), arrayLiteral(keys.map(({ day }) => day))];
}

/**
 * A masker of another definition gives other columns than this loader's table has. Loading what both know would drop
 * the rest for good, as the message is deleted from SQS next.
 */
function checkColumns(target: Target, { columns, rows }: SinkBatch): void {
  const known = new Set(target.columns.map(({ name }) => name));
  const lacking = [...known].filter((name) => countOf(columns[name]) !== rows.length);
  // A batch of rejects alone may come without columns.
  const missing = rows.length === 0 ? [] : lacking;
  const unknown = Object.keys(columns).filter((name) => !known.has(name));
  if (missing.length + unknown.length === 0) return;
  throw new Fault('definition_differs', `the masker’s definition of the pipeline ${target.name} is not the loader’s`, {
    heals: false,
    setting: 'MASQUE_PIPELINE',
    advice: 'Run masker and loader on the same definition; the batch is kept until a loader has it.',
    details: { missing: missing.join(', '), unknown: unknown.length },
  });
}

/** The handoff's schema proves positions and types; what slips through must not pass for a message all the same. */
function malformed(what: string): Fault {
  return new Fault('batch_malformed', `the batch holds ${what}`, { heals: false, details: { what } });
}

function withoutRepeats(batch: SinkBatch, idAt: (at: number | undefined) => string): Part {
  const seen = new Set<string>();
  const isFirst = (at: number | undefined): boolean => {
    const id = idAt(at);
    return seen.has(id) ? false : seen.add(id) !== undefined;
  };
  return {
    rows: [...batch.rows.keys()].filter((row) => isFirst(batch.rows[row])),
    rejects: [...batch.rejects.keys()].filter((reject) => isFirst(batch.rejects[reject]?.at)),
  };
}

/** jsonb takes neither U+0000 nor half a surrogate pair; the row is refused for them and must still be put aside. */
function storable(cell: Cell): Cell {
  return typeof cell === 'string' ? cell.toWellFormed().replaceAll('\0', '\u{FFFD}') : cell;
}

/** One batch seldom has more than two days, and 200 times `toISOString` is a twentieth of this process's work. */
function memoize(day: (epochMs: number) => string): (epochMs: number) => string {
  const known = new Map<number, string>();
  return (epochMs) => {
    const number = Math.floor(epochMs / 86_400_000);
    const text = known.get(number) ?? day(epochMs);
    known.set(number, text);
    return text;
  };
}
