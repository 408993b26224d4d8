import type { z } from 'zod';

/**
 * What JavaScript type a field has after parsing, null and undefined aside. `unknown` is what only running it would
 * tell (a transform, z.any()): the masker looks at each value of such a field. `other` fits no column.
 */
export type FieldKind = 'string' | 'number' | 'boolean' | 'unknown' | 'other';

/** Undefined when the record does not name the field. */
export function fieldKind(record: z.ZodObject, field: string): FieldKind | undefined {
  return Object.hasOwn(record.shape, field) ? kindOf(record.shape[field] as z.core.$ZodType) : undefined;
}

/** The parts of zod's definitions that say what comes out; each kind of schema has some of them. */
type Def = z.core.$ZodTypeDef & {
  readonly innerType?: z.core.$ZodType;
  readonly out?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly values?: readonly unknown[];
  readonly entries?: Readonly<Record<string, unknown>>;
};

function kindOf(schema: z.core.$ZodType): FieldKind {
  const def = schema._zod.def as Def;
  const inner = def.innerType ?? def.out;
  if (inner !== undefined) return kindOf(inner);
  switch (def.type) {
    case 'string':
    case 'number':
    case 'boolean':
      return def.type;
    case 'template_literal':
      return 'string';
    case 'literal':
      return common((def.values ?? []).filter((value) => value !== null && value !== undefined).map(valueKind));
    case 'enum':
      return common(Object.values(def.entries ?? {}).map(valueKind));
    case 'union':
      return common((def.options ?? []).filter((option) => !isNothing(option)).map(kindOf));
    case 'any':
    case 'unknown':
    case 'custom':
    case 'lazy':
    case 'transform':
      return 'unknown';
    default:
      return 'other';
  }
}

function isNothing({ _zod }: z.core.$ZodType): boolean {
  return ['null', 'undefined', 'void'].includes(_zod.def.type);
}

function valueKind(value: unknown): FieldKind {
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' ? type : 'other';
}

function common(kinds: readonly FieldKind[]): FieldKind {
  const [first = 'other'] = kinds;
  return kinds.every((kind) => kind === first) ? first : 'other';
}
