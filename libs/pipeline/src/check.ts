import { isColumnType, isTextType, type MessageAttribute, varcharLength } from './column.ts';
import { fieldKind, type FieldKind } from './field-kind.ts';
import { checkShape, type LooseColumn, type LooseSpec } from './loose-spec.ts';
import { maskFault } from './mask-check.ts';
import { tokenLength } from './token-length.ts';

/** A definition that cannot be run, with every fault found in it. Texts name fields and columns, which are public. */
export class PipelineDefinitionError extends Error {
  override readonly name = 'PipelineDefinitionError';
  readonly faults: readonly string[];

  constructor(pipeline: unknown, faults: readonly string[]) {
    super(
      `pipeline ${typeof pipeline === 'string' ? JSON.stringify(pipeline) : '(unnamed)'} cannot be run:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
    this.faults = faults;
  }
}

/**
 * The checks of `PipelineSpec`'s types again, at start, and those that types cannot make. What has not even the shape
 * of a specification is told that alone: nothing else can be said of it.
 */
export function checkSpec(given: unknown): asserts given is LooseSpec {
  const misshapen = [...checkShape(given)];
  const spec = given as LooseSpec;
  const faults =
    misshapen.length > 0
      ? misshapen
      : [...checkNames(spec), ...checkRecord(spec), ...checkMask(spec), ...checkColumns(spec)];
  if (faults.length > 0) throw new PipelineDefinitionError((given as Partial<LooseSpec> | undefined)?.name, faults);
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

function* checkRecord(spec: LooseSpec): Generator<string> {
  for (const field of Object.keys(spec.record.shape)) {
    // Every object "has" such a member, so zod would find one in messages that lack it.
    if (field in Object.prototype) yield `the record's field "${field}" has the name of a member of every object`;
  }
}

function* checkMask(spec: LooseSpec): Generator<string> {
  for (const [field, mask] of Object.entries(spec.mask)) {
    const fault = maskFault(mask);
    if (fault !== undefined) yield `the mask of the field "${field}" ${fault}`;
    const kind = fieldKind(spec.record, field);
    if (kind === undefined) yield `mask names the field "${field}", which the record does not have`;
    else if (kind !== 'string' && kind !== 'unknown') yield `mask names the field "${field}", which is no string`;
    if (!Object.values(spec.target.columns).some((column) => column.token === field)) {
      yield `mask names the field "${field}", but no column takes its token`;
    }
  }
}

function* checkColumns(spec: LooseSpec): Generator<string> {
  const columns = Object.entries(spec.target.columns);
  if (columns.length === 0) yield 'target.columns is empty';
  for (const [name, column] of columns) {
    if (name in Object.prototype) yield `the column "${name}" has the name of a member of every object`;
    if (!isIdentifier(name)) yield `the column ${JSON.stringify(name)} is no PostgreSQL name of 1 to 63 bytes`;
    if (!isColumnType(column.type)) {
      yield `column "${name}" has the unknown type ${JSON.stringify(column.type)}`;
      continue;
    }
    const sources = [column.from, column.token, column.message].filter((source) => source !== undefined).length;
    if (column.as !== undefined && column.from === undefined) yield `column "${name}" has an as, but no from`;
    if (sources === 1) yield* checkSource(spec, name, column);
    else yield `column "${name}" needs exactly one of from, token and message`;
  }
}

function* checkSource(spec: LooseSpec, name: string, column: LooseColumn): Generator<string> {
  if (column.token !== undefined) {
    const mask = Object.hasOwn(spec.mask, column.token) ? spec.mask[column.token] : undefined;
    if (mask === undefined) yield `column "${name}" takes the token of "${column.token}", which mask does not name`;
    else if (!isTextType(column.type)) yield `column "${name}" holds a token and so must be text, not ${column.type}`;
    else if (maskFault(mask) === undefined && (varcharLength(column.type) ?? Infinity) < tokenLength(mask)) {
      yield `column "${name}" is ${column.type}, but tokens of "${column.token}" have up to ${tokenLength(mask)} characters`;
    }
  } else if (column.message !== undefined) {
    if (!Object.hasOwn(holdsAttribute, column.message)) {
      yield `column "${name}" asks the message for "${column.message}", not for ${Object.keys(holdsAttribute).join(', ')}`;
    } else if (!holdsAttribute[column.message](column.type)) {
      yield `column "${name}" of type ${column.type} does not hold ${column.message}`;
    }
  } else if (column.from !== undefined) {
    const kind = fieldKind(spec.record, column.from);
    if (kind === undefined) yield `column "${name}" is from the field "${column.from}", which the record does not have`;
    else if (Object.hasOwn(spec.mask, column.from)) {
      yield `column "${name}" would hold "${column.from}" unmasked, though mask names it`;
    } else if (column.as === undefined && !holds(column.type, kind)) {
      yield `column "${name}" of type ${column.type} does not hold the ${kind} "${column.from}"`;
    }
  }
}

const holdsAttribute: Readonly<Record<MessageAttribute, (type: string) => boolean>> = {
  id: isTextType,
  sent_at: (type) => type === 'timestamptz',
  sent_day: (type) => type === 'date',
};

function holds(type: string, kind: FieldKind): boolean {
  if (kind === 'unknown') return type !== 'date' && type !== 'timestamptz';
  if (kind === 'string') return isTextType(type) || type === 'uuid';
  if (kind === 'number') return ['smallint', 'integer', 'bigint', 'double precision'].includes(type);
  return kind === 'boolean' && type === 'boolean';
}

/** Quoted everywhere it is used, so any character but NUL goes; 63 bytes is PostgreSQL's NAMEDATALEN - 1. */
function isIdentifier(name: string): boolean {
  return name.length > 0 && Buffer.byteLength(name) <= 63 && !name.includes('\0') && name.isWellFormed();
}
