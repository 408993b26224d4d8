/**
 * A batch of bodies as columns and rejects. Pure: no queue, no clock, no I/O.
 *
 *     body ──parse──▶ object ──read──▶ record ──mask──▶ tokens ──convert──▶ row
 *       └───────────────┴────────────────┴───────────────┴──▶ reject (reason, fields)
 *
 * Invariants
 * - Each message is in `rows` or in `rejects`, never both, never neither: one bad message disturbs no neighbour.
 * - A cell of a masked field comes out of the masker and nowhere else. `columnCells` has no path from a masked field
 *   to a cell but its tokens, and a masker that throws fails the whole batch, which is then tried again: closed.
 * - Every token of the vault in a row has its entry in `entries`, and no entry is there without a row.
 */
import type { Masker, VaultEntries, VaultEntry } from '@masque/masking';
import { type Column, isRefusal, type Pipeline, type ReasonCode } from '@masque/pipeline';
import { isReject, type JsonObject, parseBody, type Reject } from './body.ts';
import { type Cell, convertedCell, messageCell } from './cell.ts';
import { createRecordReader } from './record.ts';

export interface MaskedColumns {
  /** Indices of the messages that became rows. */
  readonly rows: readonly number[];
  readonly columns: Readonly<Record<string, readonly Cell[]>>;
  readonly rejects: readonly (Reject & { readonly at: number })[];
  /** What the vault must hold for the tokens in `columns`. */
  readonly entries: readonly VaultEntry[];
  /** Members of records that the pipeline does not name; they are dropped. */
  readonly extraFields: number;
}

export interface BatchInput {
  readonly bodies: readonly Buffer[];
  readonly messageIds: readonly string[];
  /** Epoch milliseconds. */
  readonly sentAt: readonly number[];
}

export function createBatchMasker(
  pipeline: Pipeline,
  masker: Pick<Masker, 'mask'>,
): (batch: BatchInput) => MaskedColumns {
  const reader = createRecordReader(pipeline);
  const limits = { maxBytes: pipeline.bodyMaxBytes, knownFields: reader.knownFields };
  const { columns } = pipeline.target;
  const maskedFields = Object.keys(pipeline.mask);

  return ({ bodies, messageIds, sentAt }) => {
    const rejects = new Map<number, Reject>();
    // The first reason stays: a message has one, and it may not depend on how many columns follow.
    const rejectAt = (at: number, reason: ReasonCode, field: string): void => {
      if (!rejects.has(at)) rejects.set(at, { reason, fields: [field] });
    };
    let extraFields = 0;

    let found: Found[] = [];
    const leaveOutRejects = (): void => {
      if (found.some(({ at }) => rejects.has(at))) found = found.filter(({ at }) => !rejects.has(at));
    };
    for (const [at, body] of bodies.entries()) {
      const object = parseBody(body, limits);
      const record = isReject(object) ? object : reader.read(object);
      if (isReject(record)) rejects.set(at, record);
      else {
        extraFields += reader.extraFields(object as JsonObject);
        found.push({ at, record, tokens: [] });
      }
    }

    const entries: VaultEntries = new Map();
    for (const field of maskedFields) {
      const results = masker.mask(
        field,
        found.map(({ record }) => (record[field] as string | null | undefined) ?? null),
        entries,
      );
      for (const [place, { at, tokens }] of found.entries()) {
        const result = results[place];
        if (result === undefined || isRefusal(result)) rejectAt(at, result?.refused ?? 'invalid_value', field);
        else tokens.push(result);
      }
      leaveOutRejects();
    }

    const cellOf = ({ source, type }: Column, { at, record, tokens }: Found): Cell => {
      switch (source.kind) {
        case 'token':
          return tokens[maskedFields.indexOf(source.field)] ?? null;
        case 'message':
          return messageCell(source.attribute, messageIds[at] ?? '', sentAt[at] ?? 0);
        case 'field': {
          const value = (record[source.field] ?? null) as Cell;
          // Without a conversion the reader has looked at it already.
          if (source.as === undefined || value === null) return value;
          const cell = convertedCell(source.as, value, type);
          if (!isRefusal(cell)) return cell;
          rejectAt(at, cell.refused, source.field);
          return null;
        }
        default:
          return source satisfies never;
      }
    };
    const converted = columns.map((column) => found.map((each) => cellOf(column, each)));
    const kept = found.map(({ at }) => !rejects.has(at));
    const isComplete = !kept.includes(false);
    leaveOutRejects();
    return {
      rows: found.map(({ at }) => at),
      columns: Object.fromEntries(
        columns.map(({ name }, index) => {
          const cells = converted[index] ?? [];
          return [name, isComplete ? cells : cells.filter((_, place) => kept[place])];
        }),
      ),
      rejects: [...rejects].sort(([a], [b]) => a - b).map(([at, { reason, fields }]) => ({ at, reason, fields })),
      entries: entriesOf(found, entries),
      extraFields,
    };
  };
}

/** A message that is a record, and as many tokens as fields have been masked so far, in the order of `pipeline.mask`. */
interface Found {
  readonly at: number;
  readonly record: JsonObject;
  readonly tokens: (string | null)[];
}

/** A message that was rejected after one of its fields was masked leaves nothing in the vault. */
function entriesOf(rows: readonly Found[], entries: VaultEntries): VaultEntry[] {
  if (entries.size === 0) return [];
  const used = new Set(rows.flatMap(({ tokens }) => tokens));
  return [...entries.values()].filter(({ token }) => used.has(token));
}
