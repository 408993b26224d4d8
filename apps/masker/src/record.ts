import { type Column, isTextType, type Pipeline, type ReasonCode, varcharLength } from '@masque/pipeline';
import { type JsonObject, reject, type Reject } from './body.ts';

export interface RecordReader {
  readonly knownFields: ReadonlySet<string>;
  /** The parsed record, or the reject. */
  read(value: JsonObject): JsonObject | Reject;
  /** Members of the object that the record does not name. */
  extraFields(value: JsonObject): number;
}

/** Checks parsed objects against a pipeline's record, and what PostgreSQL can hold of them. */
export function createRecordReader(pipeline: Pipeline): RecordReader {
  const { shape } = pipeline.record;
  const knownFields = new Set(Object.keys(shape));
  const required = [...knownFields].filter((field) => !isOptional(shape[field]));
  const plain = pipeline.target.columns.filter(({ source }) => source.kind === 'field' && source.as === undefined);
  const checked = new Map<string, Column>(plain.map((column) => [fieldOf(column), column]));
  const textual = new Set(
    pipeline.target.columns.filter(({ source }) => source.kind !== 'message').map((column) => fieldOf(column)),
  );

  return {
    knownFields,
    extraFields: (value) => Object.keys(value).reduce((count, key) => count + Number(!knownFields.has(key)), 0),
    read(value) {
      if (required.length > 0 && !required.some((field) => Object.hasOwn(value, field))) return reject('wrong_kind');
      const parsed = pipeline.record.safeParse(value);
      if (!parsed.success) {
        return schemaReject(
          value,
          parsed.error.issues.map(({ path, code }) => ({ field: String(path[0] ?? ''), code })),
          knownFields,
        );
      }
      for (const field of textual) {
        const reason = unfit(parsed.data[field], checked.get(field));
        if (reason !== undefined) return reject(reason, [field]);
      }
      return parsed.data;
    },
  };
}

/** The reason of the first fault, and every field that has the same. */
function schemaReject(
  value: JsonObject,
  issues: readonly { readonly field: string; readonly code: string }[],
  known: ReadonlySet<string>,
): Reject {
  const found = issues.map(({ field, code }) => ({ field, reason: schemaReason(value, field, code) }));
  const reason = found[0]?.reason ?? 'invalid_value';
  const fields = found.filter((each) => each.reason === reason && known.has(each.field)).map(({ field }) => field);
  return reject(reason, [...new Set(fields)]);
}

function schemaReason(value: JsonObject, field: string, code: string): ReasonCode {
  if (!Object.hasOwn(value, field)) return 'missing_field';
  if (value[field] === null) return 'null_field';
  return code === 'invalid_type' ? 'wrong_type' : 'invalid_value';
}

/** Why PostgreSQL could not hold a value, as far as it can be known here; undefined when it can. */
function unfit(value: unknown, column: Column | undefined): ReasonCode | undefined {
  if (typeof value === 'string') {
    if (value.includes('\0')) return 'nul_character';
    if (!value.isWellFormed()) return 'lone_surrogate';
    const width = column === undefined ? undefined : varcharLength(column.type);
    return width !== undefined && isLongerThan(value, width) ? 'too_long' : undefined;
  }
  return typeof value === 'number' &&
    column !== undefined &&
    !isTextType(column.type) &&
    !fitsNumber(value, column.type)
    ? 'out_of_range'
    : undefined;
}

/** PostgreSQL counts characters, JavaScript UTF-16 units, of which there are never fewer. */
function isLongerThan(value: string, characters: number): boolean {
  return value.length > characters && Array.from(value).length > characters;
}

const integerBits: Readonly<Record<string, number>> = { smallint: 15, integer: 31, bigint: 53 };

/** Beyond 2^53 a JSON number has lost digits before it comes here, so even `bigint` takes no more. */
function fitsNumber(value: number, type: string): boolean {
  const bits = integerBits[type];
  if (bits === undefined) return Number.isFinite(value);
  return Number.isInteger(value) && value < 2 ** bits && value >= -(2 ** bits);
}

function fieldOf({ source }: Column): string {
  return source.kind === 'message' ? '' : source.field;
}

function isOptional(schema: unknown): boolean {
  return (schema as { safeParse(value: unknown): { success: boolean } }).safeParse(undefined).success;
}
