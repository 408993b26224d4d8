/** One suite over every method: each promise that `methods.ts` writes down, asked of the masker itself. */
import { isRefusal, tokenLength } from '@masque/pipeline';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalise } from '../src/canonical.ts';
import { composeMasker, createMasker, type Masker, type MaskerOptions } from '../src/masker.ts';
import { createMemo } from '../src/memo.ts';
import type { MaskingMethod } from '../src/method.ts';
import { methodFor } from '../src/selection.ts';
import { parseToken } from '../src/token.ts';
import { createUnmasker } from '../src/unmasker.ts';
import type { VaultEntries } from '../src/vault-entries.ts';
import { cases, keysNamed, type MethodCase, privateKeys } from './methods.ts';

const keys = keysNamed('one');

/** Two fields masked alike, and what is needed to look at them. */
function setup({ spec, values }: MethodCase, options: Partial<MaskerOptions> = {}) {
  const mask = { here: spec, there: spec };
  const masker = createMasker({ mask, keys, memoEntries: 0, ...options });
  const column = (field: string, batch: readonly string[], entries: VaultEntries = new Map()) =>
    masker.mask(field, batch, entries);
  return {
    unmasker: createUnmasker({ mask, maskKeys: keys, unmaskKeys: privateKeys }),
    column,
    /** The token of a value that must have one. */
    token(this: void, field: string, value: string, entries?: VaultEntries): string {
      const [result] = column(field, [value], entries);
      if (isRefusal(result)) throw new Error('refused');
      return result ?? 'NULL';
    },
    canonical: (value: string): string => canonicalise(spec.form, value) as string,
    batches: fc.array(values, { minLength: 1, maxLength: 8 }),
    // RSA is a hundred times what the others cost.
    numRuns: spec.method === 'rsa' || spec.method === 'vault' ? 40 : 200,
  };
}

test.each(cases)('$name: total: what it takes becomes a token no longer than declared, all else a refusal', (each) => {
  const { column, batches, numRuns } = setup(each);
  const { spec } = each;
  const isMasked = (result: unknown): boolean =>
    typeof result === 'string'
      ? result.length <= tokenLength(spec)
      : result === null && spec.method === 'redact' && spec.as === null;
  fc.assert(
    fc.property(batches, fc.array(fc.string({ unit: 'binary' })), (good, any) => {
      const results = column('here', [...good, ...any]);
      expect(results.slice(0, good.length).every(isMasked)).toBe(true);
      expect(results.slice(good.length).every((result) => isMasked(result) || isRefusal(result))).toBe(true);
    }),
    { numRuns },
  );
});

test.each(cases)('$name: the longest token is exactly as long as declared', (each) => {
  const [result] = setup(each).column('here', [each.longest]);
  expect(typeof result === 'string' ? result.length : 0).toBe(tokenLength(each.spec));
});

test.each(cases)('$name: deterministic: masker, memory and company make no difference', (each) => {
  const { column, batches, numRuns } = setup(each);
  const remembering = setup(each, { keys: keysNamed('one'), memoEntries: 100 });
  fc.assert(
    fc.property(batches, (batch) => {
      const tokens = column('here', batch);
      expect(tokens).toEqual(batch.map((value) => column('here', [value])[0]));
      expect(remembering.column('here', batch.toReversed())).toEqual(tokens.toReversed());
      expect(remembering.column('here', batch)).toEqual(tokens);
    }),
    { numRuns },
  );
});

test.each(cases.filter((each) => each.injective))('$name: injective: equal tokens for equal values alone', (each) => {
  const { column, batches, canonical, numRuns } = setup(each);
  fc.assert(
    fc.property(batches, (batch) => {
      const distinct = new Set(batch.map(canonical));
      expect(new Set(column('here', [...distinct])).size).toBe(distinct.size);
    }),
    { numRuns },
  );
});

test.each(cases.filter((each) => each.separated))('$name: separated: by field and by key', (each) => {
  const { token, numRuns } = setup(each);
  const other = setup(each, { keys: keysNamed('other') });
  fc.assert(
    fc.property(each.values, (value) => {
      expect(new Set([token('here', value), token('there', value), other.token('here', value)]).size).toBe(3);
    }),
    // Tokens shaped like values meet by chance, once in a million; a fixed seed has no such chance.
    { numRuns, seed: 2_718 },
  );
});

const reversible = cases.filter((each) => each.back !== 'nobody');

test.each(reversible)('$name: reversible: the value that was masked, in its canonical form', async (each) => {
  const { token, unmasker, canonical } = setup(each);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('here', 'there'), each.values, async (field, value) => {
      const entries: VaultEntries = new Map();
      const made = token(field, value, entries);
      const entry = Buffer.from(entries.get(made)?.ciphertext ?? '', 'base64');
      const unmasked = await unmasker.unmask(made, field, { entry });
      expect(unmasked).toMatchObject({ field, value: canonical(value) });
    }),
    { numRuns: 20 },
  );
});

test.each(reversible.filter((each) => each.back !== 'field'))('$name: the token tells its field', async (each) => {
  const { token, unmasker } = setup(each);
  const entries: VaultEntries = new Map();
  const made = token('there', each.longest, entries);
  const entry = Buffer.from(entries.get(made)?.ciphertext ?? '', 'base64');
  expect(await unmasker.unmask(made, undefined, { entry })).toMatchObject({ field: 'there' });
  await expect(unmasker.unmask(made, 'here', { entry })).rejects.toThrow(
    expect.objectContaining({ code: 'token_wrong_field' }),
  );
});

test.each(cases.filter((each) => each.back === 'nobody'))('$name: irreversible: nobody unmasks it', async (each) => {
  const { token, unmasker } = setup(each);
  await expect(unmasker.unmask(token('here', each.longest), 'here')).rejects.toThrow(
    expect.objectContaining({ code: 'token_irreversible' }),
  );
});

/** The bytes in a token that has some, less its prefix, which is no secret. */
function bodyOf(token: string): Buffer {
  return /^\w+\.[a-z2-7]{6}\./.test(token) ? parseToken(token).body : Buffer.alloc(0);
}

test.each(cases.filter((each) => each.hides))('$name: no value is in its token, as text or as bytes', (each) => {
  const { token, canonical, numRuns } = setup(each);
  const { spec, values } = each;
  fc.assert(
    fc.property(values, (value) => {
      const text = spec.form === 'opaque' ? value : canonical(value);
      // Shorter ones are in a token by chance.
      fc.pre(text.length >= 4);
      const made = token('here', value);
      expect(made.replace(/^\w+\.[a-z2-7]{6}\./, '').includes(text)).toBe(false);
      expect(bodyOf(made).includes(text)).toBe(false);
    }),
    { numRuns, seed: 3_141 },
  );
});

describe.each(cases)('$name fails closed', (each) => {
  const { spec, longest: secret } = each;
  const { canonical } = setup(each);

  function broken(maskBatch: (values: readonly string[]) => unknown): Masker {
    const real = methodFor(keys, 'here', spec, { entries: 0, bytes: 0 });
    const method: MaskingMethod = { ...real, maskBatch: maskBatch as MaskingMethod['maskBatch'] };
    const memo = createMemo({ entries: 10, bytes: 10_000 });
    return composeMasker([{ name: 'here', form: spec.form, method, tokenLength: tokenLength(spec), memo }]);
  }

  test.each<[string, (values: readonly string[]) => unknown]>([
    [
      'throws, quoting the value',
      (batch) => {
        throw new Error(`cannot mask <${secret}> ${batch.join()}`);
      },
    ],
    ['gives the value back', () => [canonical(secret) || secret]],
    ['gives the value back in a token’s clothes', (batch) => batch.map((value) => `${value}.abcdef.${secret}`)],
    ['gives undefined', () => [undefined]],
    ['gives too few', () => []],
    ['gives a number', () => [7]],
  ])('when the method %s', (_, maskBatch) => {
    const masker = broken(maskBatch);
    for (const batch of [[secret], [secret, secret]]) {
      let thrown: unknown;
      try {
        masker.mask('here', batch, new Map());
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toMatchObject({ name: 'Fault', code: 'masking_failed', details: { field: 'here' } });
      const fault = thrown as Error & { cause: Error };
      const words = `${fault.stack} ${JSON.stringify(fault)} ${fault.cause.stack} ${JSON.stringify(fault.cause)}`;
      // In brackets where it would be quoted: `::` alone is in many a stack.
      expect(words).not.toContain(secret.length > 3 ? secret : `<${secret}>`);
    }
  });
});
