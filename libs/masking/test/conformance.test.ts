/** One suite over every method: each promise that `methods.ts` writes down, asked of the masker itself. */
import { isRefusal, tokenLength } from '@masque/pipeline';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { canonicalise } from '../src/canonical.ts';
import { composeMasker, createMasker, type Masker } from '../src/masker.ts';
import { createMemo } from '../src/memo.ts';
import type { MaskingMethod } from '../src/method.ts';
import { methodFor } from '../src/selection.ts';
import { parseToken } from '../src/token.ts';
import { createUnmasker } from '../src/unmasker.ts';
import type { VaultEntries } from '../src/vault-entries.ts';
import { cases, keysNamed, privateKeys } from './methods.ts';

const keys = keysNamed('one');
const forgetful = { entries: 0, bytes: 0 };

type Result = ReturnType<Masker['mask']>[number];

/** A column of tokens, entries put aside. */
function column(masker: Masker, field: string, values: readonly string[], entries: VaultEntries = new Map()): Result[] {
  return masker.mask(field, values, entries);
}

describe.each(cases)('$name', ({ spec, values, longest, injective, separated, back, hides }) => {
  const mask = { here: spec, there: spec };
  // RSA is a hundred times what the others cost.
  const numRuns = spec.method === 'rsa' || spec.method === 'vault' ? 40 : 200;
  const masker = createMasker({ mask, keys, memoEntries: 0 });
  const canonical = (value: string): string => canonicalise(spec.form, value) as string;
  const some = fc.array(values, { minLength: 1, maxLength: 8 });

  test('total: what it takes becomes a token no longer than declared, and all else a refusal', () => {
    fc.assert(
      fc.property(some, fc.array(fc.string({ unit: 'binary' })), (good, any) => {
        for (const [at, result] of column(masker, 'here', [...good, ...any]).entries()) {
          const isDeclared = typeof result === 'string' && result.length <= tokenLength(spec);
          const isNull = spec.method === 'redact' && spec.as === null && result === null;
          // The shortest hexadecimal text has twenty bits, a little over a million.
          expect(isDeclared || isNull || (at >= good.length && isRefusal(result))).toBe(true);
        }
      }),
      { numRuns },
    );
  });

  test('the longest token is exactly as long as declared', () => {
    const [token] = column(masker, 'here', [longest]);
    expect(typeof token === 'string' ? token.length : 0).toBe(tokenLength(spec));
  });

  test('deterministic: masker, memory and company make no difference', () => {
    const remembering = createMasker({ mask, keys: keysNamed('one') });
    fc.assert(
      fc.property(some, (batch) => {
        const tokens = column(masker, 'here', batch);
        expect(tokens).toEqual(batch.map((value) => column(masker, 'here', [value])[0]));
        expect(column(remembering, 'here', batch.toReversed())).toEqual(tokens.toReversed());
        expect(column(remembering, 'here', batch)).toEqual(tokens);
      }),
      { numRuns },
    );
  });

  if (injective)
    test('injective: equal tokens for equal values alone', () => {
      fc.assert(
        fc.property(some, (batch) => {
          const distinct = new Set(batch.map(canonical));
          expect(new Set(column(masker, 'here', [...distinct])).size).toBe(distinct.size);
        }),
        { numRuns },
      );
    });

  if (separated)
    test('separated: another field, or another key, gives another token', () => {
      const other = createMasker({ mask, keys: keysNamed('other'), memoEntries: 0 });
      fc.assert(
        fc.property(values, (value) => {
          const tokens = [...column(masker, 'here', [value]), ...column(masker, 'there', [value])];
          expect(new Set([...tokens, ...column(other, 'here', [value])]).size).toBe(3);
        }),
        // Values shaped like values meet by chance, once in a million.
        { numRuns, seed: 2_718 },
      );
    });

  if (back !== 'nobody')
    test('reversible: the value that was masked, in its canonical form', () => {
      const unmasker = createUnmasker({ mask, maskKeys: keys, unmaskKeys: privateKeys });
      fc.assert(
        fc.property(fc.constantFrom('here', 'there'), values, (field, value) => {
          const entries: VaultEntries = new Map();
          const token = String(column(masker, field, [value], entries)[0]);
          const ciphertext = entries.get(token)?.ciphertext;
          const help = ciphertext === undefined ? {} : { entry: Buffer.from(ciphertext, 'base64') };
          const expected = { field, value: canonical(value) };
          expect(unmasker.unmask(token, field, help)).toMatchObject(expected);
          if (back === 'field') expect(() => unmasker.unmask(token)).toThrow(/no token/);
          else expect(unmasker.unmask(token, undefined, help)).toMatchObject(expected);
        }),
        { numRuns: back === 'token' || back === 'entry' ? 20 : numRuns },
      );
    });

  if (back === 'nobody')
    test('irreversible: nobody unmasks it', () => {
      const unmasker = createUnmasker({ mask, maskKeys: keys, unmaskKeys: privateKeys });
      const token = String(column(masker, 'here', [longest])[0]);
      expect(() => unmasker.unmask(token, 'here')).toThrow(expect.objectContaining({ code: 'token_irreversible' }));
    });

  if (hides)
    test('no value of four or more characters is in its token, as text or as bytes', () => {
      fc.assert(
        fc.property(values, (value) => {
          const text = spec.form === 'opaque' ? value : canonical(value);
          fc.pre(text.length >= 4);
          const token = String(column(masker, 'here', [value])[0]);
          // Less its own prefix, which is no secret.
          const body = token.replace(/^\w+\.[a-z2-7]{6}\./, '');
          expect(body.includes(text)).toBe(false);
          if (body !== token) expect(parseToken(token).body.includes(text)).toBe(false);
        }),
        { numRuns, seed: 3_141 },
      );
    });

  describe('fails closed', () => {
    const secret = longest;
    let real: MaskingMethod;
    beforeAll(() => {
      real = methodFor(keys, 'here', spec, forgetful);
    });
    const broken = (maskBatch: (values: readonly string[]) => unknown): Masker => {
      const method: MaskingMethod = { ...real, maskBatch: maskBatch as MaskingMethod['maskBatch'] };
      const memo = createMemo({ entries: 10, bytes: 10_000 });
      return composeMasker([{ name: 'here', form: spec.form, method, tokenLength: tokenLength(spec), memo }]);
    };

    test.each<[string, (values: readonly string[]) => unknown]>([
      [
        'throws, quoting the value',
        (batch) => {
          throw new Error(`cannot mask ${secret} ${batch.join()}`);
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
        if (secret.length > 3) expect(words).not.toContain(secret);
      }
    });
  });
});
