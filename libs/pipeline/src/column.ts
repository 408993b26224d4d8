import type { Conversion } from './conversion.ts';

export type TextType = 'text' | `varchar(${number})`;

/** PostgreSQL types a target column may have. */
export type ColumnType =
  | TextType
  | 'uuid'
  | 'smallint'
  | 'integer'
  | 'bigint'
  | 'double precision'
  | 'boolean'
  | 'date'
  | 'timestamptz';

/** Where a column's value comes from. */
export type ColumnSource =
  | { readonly kind: 'field'; readonly field: string; readonly as?: Conversion<never, unknown> }
  | { readonly kind: 'token'; readonly field: string }
  | { readonly kind: 'message'; readonly attribute: MessageAttribute };

/** What the message itself tells: its id, when it was sent, and the UTC day of that. */
export type MessageAttribute = 'id' | 'sent_at' | 'sent_day';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly source: ColumnSource;
}

/** Column types that hold every value of a JavaScript type; null fits all of them. */
export type Holds<V> = [NonNullable<V>] extends [string]
  ? TextType | 'uuid'
  : [NonNullable<V>] extends [number]
    ? 'smallint' | 'integer' | 'bigint' | 'double precision'
    : [NonNullable<V>] extends [boolean]
      ? 'boolean'
      : never;

export type HoldsAttribute<A extends MessageAttribute> = {
  readonly id: TextType;
  readonly sent_at: 'timestamptz';
  readonly sent_day: 'date';
}[A];

const plainTypes = new Set([
  'uuid',
  'smallint',
  'integer',
  'bigint',
  'double precision',
  'boolean',
  'date',
  'timestamptz',
]);

export function isColumnType(type: string): type is ColumnType {
  return isTextType(type) || plainTypes.has(type);
}

export function isTextType(type: string): type is TextType {
  return type === 'text' || varcharLength(type) !== undefined;
}

/** The n of `varchar(n)`, in characters; undefined for every other type. */
export function varcharLength(type: string): number | undefined {
  const length = /^varchar\(([1-9]\d{0,7})\)$/.exec(type)?.[1];
  return length === undefined ? undefined : Number(length);
}
