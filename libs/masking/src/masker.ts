import { Fault, toFault } from '@masque/fault';
import { isRefusal, type MaskSpec, type Refusal, tokenLength } from '@masque/pipeline';
import { canonicalise } from './canonical.ts';
import { createMemo, type Memo } from './memo.ts';
import type { MaskingMethod, MethodName } from './method.ts';
import type { MaskKeys } from './keys.ts';
import { methodFor } from './selection.ts';
import type { VaultEntries } from './vault-entries.ts';

/**
 * Masks columns of values. It fails closed: a result is null for null, what was checked to be a token, or a refusal.
 * (A field of the method `redact` may have null for tokens.) Everything else throws, and what is thrown holds no value.
 */
export interface Masker {
  /**
   * As many results as values, in their order.
   * @param entries where the vault's entries of these tokens are put, by token. A field of the method `vault` is not
   * masked without it: its tokens alone would be lost for ever. It fills up over the fields of a batch; entries of
   * tokens that did not become rows should be dropped before it is handed on.
   * @throws {Fault} `field_not_masked`, `entries_uncollected`, `masking_failed`
   */
  mask(this: void, field: string, values: readonly (string | null)[], entries?: VaultEntries): Result[];
  /** The keys in use, one entry each. */
  keys(this: void): { kid: string; method: MethodName; fingerprint: string }[];
  /** Since the start: values that needed no computation, and those that did. */
  stats(this: void): { hits: number; misses: number };
  /** Since the start: entries of the vault that were encrypted, and not remembered. */
  entriesEncrypted(this: void): number;
}

type Result = string | null | Refusal;

export interface MaskerOptions {
  readonly mask: Readonly<Record<string, MaskSpec>>;
  readonly keys: MaskKeys;
  /** Values to remember per field. Default 50,000; 0 remembers none. */
  readonly memoEntries?: number;
  /** Memory for them per field. Default 64 MiB. */
  readonly memoBytes?: number;
}

/** @throws {Fault} `key_missing`, `key_size_mismatch`, `key_ambiguous` */
export function createMasker(options: MaskerOptions): Masker {
  return composeMasker(fieldsOf(options));
}

export function fieldsOf(options: MaskerOptions): Field[] {
  const limits = { entries: options.memoEntries ?? 50_000, bytes: options.memoBytes ?? 67_108_864 };
  return Object.entries(options.mask).map(([name, spec]): Field => {
    const method = methodFor(options.keys, name, spec, limits);
    const memo = method.remember ? createMemo(limits) : undefined;
    return { name, form: spec.form, method, tokenLength: tokenLength(spec), memo };
  });
}

export interface Field {
  readonly name: string;
  readonly form: MaskSpec['form'];
  readonly method: MaskingMethod;
  readonly tokenLength: number;
  readonly memo: Memo | undefined;
}

export function composeMasker(fields: readonly Field[]): Masker {
  const byName = new Map(fields.map((field) => [field.name, field]));
  const stats = { hits: 0, misses: 0 };

  return {
    mask(name, values, entries) {
      const field = byName.get(name);
      if (field === undefined) throw fieldNotMasked(name);
      if (field.method.vault !== undefined && entries === undefined) throw entriesUncollected(name);
      try {
        return maskColumn(field, values, stats, entries);
      } catch (error) {
        throw maskingFailed(field, error);
      }
    },
    keys() {
      const keys = fields.flatMap(({ method: { key, method } }) => (key === undefined ? [] : [{ ...key, method }]));
      return [...new Map(keys.map((key) => [key.kid, key])).values()];
    },
    stats: () => ({ ...stats }),
    entriesEncrypted: () => fields.reduce((sum, { method }) => sum + (method.vault?.encrypted() ?? 0), 0),
  };
}

function maskColumn(
  field: Field,
  values: readonly (string | null)[],
  stats: { hits: number; misses: number },
  entries: VaultEntries | undefined,
): Result[] {
  // Asked of the method once for each distinct value, and of the memo before that.
  const distinct: string[] = [];
  const placeOf = new Map<string, number>();
  const results = values.map((value): Result | Place => {
    if (value === null) return null;
    const canonical = canonicalise(field.form, value);
    if (isRefusal(canonical)) return canonical;
    const known = placeOf.get(canonical);
    const token = known === undefined ? field.memo?.get(canonical) : undefined;
    if (known === undefined && token === undefined) {
      placeOf.set(canonical, distinct.length);
      return distinct.push(canonical) - 1;
    }
    stats.hits += 1;
    return token ?? known ?? null;
  });
  stats.misses += distinct.length;
  const made = maskDistinct(field, distinct);
  if (entries !== undefined) collectEntries(field.method, distinct, made, entries);
  return results.map((result) => (typeof result === 'number' ? made[result]! : result));
}

/** Of a value among the distinct ones: its result is not known yet. */
type Place = number;

function maskDistinct(field: Field, values: readonly string[]): Result[] {
  if (values.length === 0) return [];
  const results = field.method.maskBatch(values);
  if (results.length !== values.length) throw new Error('as many results as values were due');
  const others = new Set(shapedLikeValues.has(field.method.method) ? values : []);
  for (let index = 0; index < values.length; index += 1) {
    const [value, result] = [values[index]!, results[index]!];
    if (isRefusal(result)) continue;
    // A method that gave its input back, whole or in a mangled form, would pass for one that masked it.
    if (!field.method.isToken(result, value)) throw new Error('a result is no token');
    if (result !== null && result.length > field.tokenLength) throw new Error('a token is longer than was promised');
    if (result !== null && others.has(result) && !isConfirmed(field.method, value, result)) {
      throw new Error('a result is another’s value');
    }
    if (result !== null) field.memo?.set(value, result);
  }
  return results;
}

/** Nothing in a token of these tells it from a value. */
const shapedLikeValues: ReadonlySet<MethodName> = new Set(['ff1', 'ipcrypt-det', 'ipcrypt-pfx']);

/**
 * A token that is also a value of the batch: by chance, which among a few hundred addresses comes once in some hundred
 * thousand batches, or because the method gave out what it was given. Alone with its value it has nobody else's to give.
 */
function isConfirmed({ maskBatch, isToken }: MaskingMethod, value: string, result: string): boolean {
  const [alone] = maskBatch([value]);
  return alone === result && isToken(alone, value);
}

function collectEntries(
  method: MaskingMethod,
  values: readonly string[],
  results: readonly Result[],
  into: VaultEntries,
): void {
  if (method.vault === undefined) return;
  const masked = values.flatMap((value, index) => {
    const token = results[index];
    return typeof token === 'string' ? [{ value, token }] : [];
  });
  const entries = method.vault.entries(
    masked.map(({ value }) => value),
    masked.map(({ token }) => token),
  );
  for (const [index, { value, token }] of masked.entries()) {
    const entry = entries[index];
    if (entry?.token !== token) throw new Error('a token has no entry');
    // A value is shorter than what it is encrypted to: one that came through as it was shows by its length.
    if (entry.ciphertext.length !== method.vault.lengthFor(value)) throw new Error('an entry is not encrypted');
    into.set(token, entry);
  }
}

export function fieldNotMasked(field: string): Fault {
  return new Fault('field_not_masked', `the pipeline masks no field "${field}"`, {
    heals: false,
    setting: 'MASQUE_PIPELINE',
    details: { field },
  });
}

function entriesUncollected(field: string): Fault {
  return new Fault('entries_uncollected', `the field "${field}" is kept in the vault, but nothing takes its entries`, {
    heals: false,
    advice: 'Tokens without their entries could never be unmasked. This is a defect in Masque.',
    details: { field },
  });
}

function maskingFailed(field: Field, error: unknown): Fault {
  return new Fault('masking_failed', `the field "${field.name}" could not be masked`, {
    heals: false,
    advice: 'Nothing was handed on. This is a defect in Masque or a damaged key.',
    details: { field: field.name, ...(field.method.key === undefined ? {} : { kid: field.method.key.kid }) },
    cause: toFault(error),
  });
}
