import type { z } from 'zod';
import type { ColumnType, MessageAttribute } from './column.ts';
import type { Conversion } from './conversion.ts';
import type { MaskSpec } from './mask.ts';

/** A specification with its types forgotten, in the shape that `checkShape` has found it to have. */
export interface LooseSpec {
  readonly name: string;
  readonly source: { readonly queue: string };
  readonly bodyMaxBytes?: number;
  readonly record: z.ZodObject;
  readonly mask: Readonly<Record<string, MaskSpec>>;
  readonly target: { readonly table: string; readonly columns: Readonly<Record<string, LooseColumn>> };
}

export interface LooseColumn {
  readonly type: ColumnType;
  readonly from?: string;
  readonly as?: Conversion<never, unknown>;
  readonly token?: string;
  readonly message?: MessageAttribute;
}

/**
 * What keeps a value from being read as a `LooseSpec`, for authors who run no compiler. Paths, never values.
 * Everything that the checks read without asking is asked for here.
 */
export function* checkShape(spec: unknown): Generator<string> {
  if (!isObject(spec)) {
    yield 'it is no object';
    return;
  }
  const { name, source, record, mask, target } = spec;
  if (typeof name !== 'string') yield 'name is no text';
  if (!isObject(source) || typeof source['queue'] !== 'string') yield 'source.queue is no text';
  if (!isZodObject(record)) yield 'record is no z.object({ … })';
  if (!isObject(mask)) yield 'mask is no object';
  if (!isObject(target) || typeof target['table'] !== 'string') yield 'target.table is no text';
  if (!isObject(target) || !isObject(target['columns'])) yield 'target.columns is no object';
  else for (const [name, column] of Object.entries(target['columns'])) yield* checkColumnShape(name, column);
}

function* checkColumnShape(name: string, column: unknown): Generator<string> {
  if (!isObject(column)) {
    yield `column "${name}" is no object`;
    return;
  }
  const { type, as } = column;
  if (typeof type !== 'string') yield `column "${name}": type is no text`;
  for (const key of ['from', 'token', 'message']) {
    if (column[key] !== undefined && typeof column[key] !== 'string') yield `column "${name}": ${key} is no text`;
  }
  if (as !== undefined && !(isObject(as) && typeof as['convert'] === 'function')) {
    yield `column "${name}": as is no conversion`;
  }
}

/** Not by `instanceof`: a definition may bring its own copy of zod. */
function isZodObject(value: unknown): boolean {
  const internals = isObject(value) ? value['_zod'] : undefined;
  const def = isObject(internals) ? internals['def'] : undefined;
  return isObject(def) && def['type'] === 'object';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
