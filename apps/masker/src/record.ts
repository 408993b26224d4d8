import type { Column, Pipeline, ReasonCode } from '@masque/pipeline';
import type { z } from 'zod';
import { type JsonObject, reject, type Reject } from './body.ts';
import { brokenText, unfit } from './cell.ts';

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

  return {
    knownFields,
    extraFields: (value) => Object.keys(value).reduce((count, key) => count + Number(!knownFields.has(key)), 0),
    read(value) {
      if (required.length > 0 && !required.some((field) => Object.hasOwn(value, field))) return reject('wrong_kind');
      let parsed: z.ZodSafeParseResult<JsonObject>;
      try {
        parsed = pipeline.record.safeParse(value);
      } catch {
        // A transform or a check of the definition's threw. What, is not kept: it may quote the value.
        return reject('definition_failed');
      }
      if (!parsed.success) return schemaReject(value, parsed.error.issues, knownFields);
      for (const column of pipeline.target.columns) {
        const reason = unfitFor(column, parsed.data);
        if (reason !== undefined) return reject(reason, [fieldOf(column)]);
      }
      return parsed.data;
    },
  };
}

/** Why a column cannot be made of a record: what it holds as it is must fit, and no source may be broken text. */
function unfitFor({ source, type }: Column, record: JsonObject): ReasonCode | undefined {
  if (source.kind === 'message') return undefined;
  const value = record[source.field] ?? null;
  if (source.kind === 'field' && source.as === undefined) return unfit(value, type);
  return typeof value === 'string' ? brokenText(value) : undefined;
}

/** The reason of the first fault, and every field that has the same. */
function schemaReject(value: JsonObject, issues: readonly z.core.$ZodIssue[], known: ReadonlySet<string>): Reject {
  const found = issues.map((issue) => ({ field: String(issue.path[0] ?? ''), reason: schemaReason(value, issue) }));
  const reason = found[0]?.reason ?? 'invalid_value';
  const fields = found.filter((each) => each.reason === reason && known.has(each.field)).map(({ field }) => field);
  return reject(reason, [...new Set(fields)]);
}

function schemaReason(value: JsonObject, issue: z.core.$ZodIssue): ReasonCode {
  // Of the object as a whole: a check across fields, or a strict record's "no other keys".
  if (issue.path.length === 0) return 'invalid_value';
  const field = String(issue.path[0]);
  if (!Object.hasOwn(value, field)) return 'missing_field';
  const given = value[field];
  if (given === null) return 'null_field';
  if (issue.code !== 'invalid_type') return 'invalid_value';
  if (typeof given !== 'number' || !numbers.has(issue.expected)) return 'wrong_type';
  // 1e999 is a number in JSON and Infinity here; 1.5 is a number, though no whole one.
  return Number.isFinite(given) ? 'invalid_value' : 'out_of_range';
}

/** What zod calls the types of JSON's number. */
const numbers: ReadonlySet<string> = new Set(['number', 'int']);

function fieldOf({ source }: Column): string {
  return source.kind === 'message' ? '' : source.field;
}

/** A schema that throws on nothing needs something. */
function isOptional(schema: unknown): boolean {
  try {
    return (schema as z.ZodType).safeParse(undefined).success;
  } catch {
    return false;
  }
}
