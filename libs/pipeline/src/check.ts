import type { z } from 'zod';
import { isColumnType, isTextType, varcharLength } from './column.ts';
import type { LooseColumn, LooseSpec } from './define.ts';
import { tokenLength } from './mask.ts';

/** A definition that cannot be run, with every fault found in it. Texts name fields and columns, which are public. */
export class PipelineDefinitionError extends Error {
  override readonly name = 'PipelineDefinitionError';
  readonly faults: readonly string[];

  constructor(pipeline: string, faults: readonly string[]) {
    super(`pipeline ${JSON.stringify(pipeline)} cannot be run:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/** The checks of `PipelineSpec`'s types again, at start, and those that types cannot make. */
export function checkSpec(spec: LooseSpec): void {
  const faults = [...checkNames(spec), ...checkMask(spec), ...checkColumns(spec)];
  if (faults.length > 0) throw new PipelineDefinitionError(spec.name, faults);
}

function* checkNames(spec: LooseSpec): Generator<string> {
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(spec.name)) yield 'its name is not 1 to 40 of a-z, 0-9 and -, a letter first';
  if (!/^[\w-]{1,80}(\.fifo)?$/.test(spec.source.queue)) yield 'source.queue is no SQS queue name';
  if (spec.bodyMaxBytes !== undefined && !(Number.isInteger(spec.bodyMaxBytes) && spec.bodyMaxBytes > 0)) {
    yield 'bodyMaxBytes is no positive whole number';
  }
  const parts = spec.target.table.split('.');
  if (parts.length > 2 || !parts.every(isIdentifier)) yield 'target.table is not "table" or "schema.table"';
}

function* checkMask(spec: LooseSpec): Generator<string> {
  for (const [field, mask] of Object.entries(spec.mask)) {
    if (mask === undefined) continue;
    const kind = kindOf(spec, field);
    if (kind === undefined) yield `mask names the field "${field}", which the record does not have`;
    else if (kind !== 'string') yield `mask names the field "${field}", which is no string`;
    if (!Object.values(spec.target.columns).some((column) => column.token === field)) {
      yield `mask names the field "${field}", but no column takes its token`;
    }
  }
}

function* checkColumns(spec: LooseSpec): Generator<string> {
  const columns = Object.entries(spec.target.columns);
  if (columns.length === 0) yield 'target.columns is empty';
  for (const [name, column] of columns) {
    if (!isIdentifier(name)) yield `the column ${JSON.stringify(name)} is no PostgreSQL name of 1 to 63 bytes`;
    if (!isColumnType(column.type)) {
      yield `column "${name}" has the unknown type ${JSON.stringify(column.type)}`;
      continue;
    }
    const sources = [column.from, column.token, column.message].filter((source) => source !== undefined).length;
    if (sources === 1) yield* checkSource(spec, name, column);
    else yield `column "${name}" needs exactly one of from, token and message`;
  }
}

function* checkSource(spec: LooseSpec, name: string, column: LooseColumn): Generator<string> {
  if (column.token !== undefined) {
    const mask = spec.mask[column.token];
    if (mask === undefined) yield `column "${name}" takes the token of "${column.token}", which mask does not name`;
    else if (!isTextType(column.type)) yield `column "${name}" holds a token and so must be text, not ${column.type}`;
    else if ((varcharLength(column.type) ?? Infinity) < tokenLength(mask)) {
      yield `column "${name}" is ${column.type}, but tokens of "${column.token}" have up to ${tokenLength(mask)} characters`;
    }
  } else if (column.message !== undefined) {
    const fits = {
      id: isTextType(column.type),
      sent_at: column.type === 'timestamptz',
      sent_day: column.type === 'date',
    };
    if (!fits[column.message]) yield `column "${name}" of type ${column.type} does not hold ${column.message}`;
  } else if (column.from !== undefined) {
    const kind = kindOf(spec, column.from);
    if (kind === undefined) yield `column "${name}" is from the field "${column.from}", which the record does not have`;
    else if (Object.hasOwn(spec.mask, column.from)) {
      yield `column "${name}" would hold "${column.from}" unmasked, though mask names it`;
    } else if (column.as === undefined && !holds(column.type, kind)) {
      yield `column "${name}" of type ${column.type} does not hold the ${kind} "${column.from}"`;
    }
  }
}

type Kind = 'string' | 'number' | 'boolean' | 'other';

function holds(type: string, kind: Kind): boolean {
  if (kind === 'string') return isTextType(type) || type === 'uuid';
  if (kind === 'number') return ['smallint', 'integer', 'bigint', 'double precision'].includes(type);
  return kind === 'boolean' && type === 'boolean';
}

/** What JSON type a field has after parsing; undefined when the record does not name it. */
function kindOf(spec: LooseSpec, field: string): Kind | undefined {
  if (!Object.hasOwn(spec.record.shape, field)) return undefined;
  let schema = spec.record.shape[field] as z.core.$ZodType;
  for (;;) {
    const { def } = schema._zod as { def: z.core.$ZodTypeDef & { innerType?: z.core.$ZodType; out?: z.core.$ZodType } };
    const inner = def.innerType ?? def.out;
    if (inner !== undefined) schema = inner;
    else if (def.type === 'enum' || def.type === 'template_literal') return 'string';
    else return def.type === 'string' || def.type === 'number' || def.type === 'boolean' ? def.type : 'other';
  }
}

/** Quoted everywhere it is used, so any character but NUL goes; 63 bytes is PostgreSQL's NAMEDATALEN - 1. */
function isIdentifier(name: string): boolean {
  return name.length > 0 && Buffer.byteLength(name) <= 63 && !name.includes('\0') && name.isWellFormed();
}
