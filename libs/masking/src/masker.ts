import { Fault, toFault } from '@masque/fault';
import { type CanonicalForm, isRefusal, type MaskSpec, type Refusal, tokenLength } from '@masque/pipeline';
import { canonicalise } from './canonical.ts';
import { createMemo, type Memo } from './memo.ts';
import type { MaskingMethod, MethodName } from './method.ts';
import type { MaskKeys } from './keys.ts';
import { createMethods, methodFor } from './selection.ts';

/**
 * Masks columns of values. It fails closed: a result is null for null, a token that was checked to be one, or a
 * refusal. Everything else throws, and what is thrown holds no value.
 */
export interface Masker {
  /** As many results as values, in their order. @throws {Fault} `field_not_masked`, `masking_failed` */
  mask(this: void, field: string, values: readonly (string | null)[]): (string | null | Refusal)[];
  /** The keys in use, one entry each. */
  keys(this: void): { kid: string; method: MethodName; fingerprint: string }[];
  /** Since the start: values that needed no computation, and those that did. */
  stats(this: void): { hits: number; misses: number };
}

export interface MaskerOptions {
  readonly mask: Readonly<Record<string, MaskSpec>>;
  readonly keys: MaskKeys;
  /** Values to remember per field. Default 50,000; 0 remembers none. */
  readonly memoEntries?: number;
  /** Memory for them per field. Default 64 MiB. */
  readonly memoBytes?: number;
}

/** @throws {Fault} `key_missing`, `key_size_mismatch` */
export function createMasker(options: MaskerOptions): Masker {
  const methods = createMethods(options.keys);
  const limits = { entries: options.memoEntries ?? 50_000, bytes: options.memoBytes ?? 67_108_864 };
  const fields = Object.entries(options.mask).map(([name, spec]): Field => {
    const method = methodFor(methods, name, spec);
    return { name, form: spec.form, method, tokenLength: tokenLength(spec), memo: createMemo(limits) };
  });
  return composeMasker(fields);
}

export interface Field {
  readonly name: string;
  readonly form: CanonicalForm;
  readonly method: MaskingMethod;
  readonly tokenLength: number;
  readonly memo: Memo;
}

export function composeMasker(fields: readonly Field[]): Masker {
  const byName = new Map(fields.map((field) => [field.name, field]));
  const methods = new Set(fields.map((field) => field.method));
  const stats = { hits: 0, misses: 0 };

  return {
    mask(name, values) {
      const field = byName.get(name);
      if (field === undefined) throw fieldNotMasked(name);
      try {
        return maskColumn(field, values, stats);
      } catch (error) {
        throw maskingFailed(field, error);
      }
    },
    keys: () => [...methods].map(({ kid, method, fingerprint }) => ({ kid, method, fingerprint })),
    stats: () => ({ ...stats }),
  };
}

type Result = string | null | Refusal;

function maskColumn(
  field: Field,
  values: readonly (string | null)[],
  stats: { hits: number; misses: number },
): Result[] {
  // Asked of the method once for each distinct value, and of the memo before that.
  const wanted = new Map<string, number[]>();
  const results = values.map((value, index): Result | undefined => {
    if (value === null) return null;
    const canonical = canonicalise(field.form, value);
    if (isRefusal(canonical)) return canonical;
    const indexes = wanted.get(canonical);
    const token = indexes === undefined ? field.memo.get(canonical) : undefined;
    if (token === undefined && indexes === undefined) wanted.set(canonical, [index]);
    else stats.hits += 1;
    indexes?.push(index);
    return token;
  });
  stats.misses += wanted.size;
  const made = maskDistinct(field, [...wanted.keys()]);
  for (const [at, indexes] of [...wanted.values()].entries()) {
    for (const index of indexes) results[index] = made[at];
  }
  return results.map((result) => {
    if (result === undefined) throw new Error('a value has no result');
    return result;
  });
}

function maskDistinct(field: Field, values: readonly string[]): (string | Refusal)[] {
  if (values.length === 0) return [];
  const results = field.method.maskBatch(field.name, values);
  if (results.length !== values.length) throw new Error('as many results as values were due');
  for (const [index, result] of results.entries()) {
    if (isRefusal(result)) continue;
    // A method that gave its input back, whole or in a mangled form, would pass for one that masked it.
    if (!isTokenOf(field, result)) throw new Error('a result is no token');
    field.memo.set(values[index] ?? '', result);
  }
  return results;
}

function isTokenOf(field: Field, text: unknown): boolean {
  return typeof text === 'string' && text.length === field.tokenLength && text.startsWith(field.method.prefix);
}

function fieldNotMasked(field: string): Fault {
  return new Fault('field_not_masked', `the pipeline masks no field "${field}"`, {
    heals: false,
    setting: 'MASQUE_PIPELINE',
    details: { field },
  });
}

function maskingFailed(field: Field, error: unknown): Fault {
  return new Fault('masking_failed', `the field "${field.name}" could not be masked`, {
    heals: false,
    advice: 'Nothing was handed on. This is a defect in Masque or a damaged key.',
    details: { field: field.name, kid: field.method.kid },
    cause: toFault(error),
  });
}
