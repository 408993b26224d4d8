import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { FF1 } from '@noble/ciphers/ff1.js';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAesFf1 } from '../src/aes-ff1.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const digits = '0123456789abcdefghijklmnopqrstuvwxyz';
const numerals = (text: string): number[] => Array.from(text, (digit) => digits.indexOf(digit));

const key256 = '2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94';
const [tweak10, tweak36] = ['39383736353433323130', '3737373770717273373737'];
const [ten, nineteen] = ['0123456789', '0123456789abcdefghi'];

/** NIST, "FF1 samples" of the Cryptographic Standards and Guidelines' examples: three keys, each a start of the next. */
test.each([
  [1, 128, 10, '', ten, '2433477484'],
  [2, 128, 10, tweak10, ten, '6124200773'],
  [3, 128, 36, tweak36, nineteen, 'a9tv40mll9kdu509eum'],
  [4, 192, 10, '', ten, '2830668132'],
  [5, 192, 10, tweak10, ten, '2496655549'],
  [6, 192, 36, tweak36, nineteen, 'xbj3kv35jrawxv32ysr'],
  [7, 256, 10, '', ten, '6657667009'],
  [8, 256, 10, tweak10, ten, '1001623463'],
  [9, 256, 36, tweak36, nineteen, 'xs8a0azh2avyalyzuwd'],
])('NIST FF1 sample %i: AES-%i, radix %i', (_, bits, radix, tweak, plaintext, ciphertext) => {
  const ff1 = createAesFf1({ key: hex(key256.slice(0, bits / 4)), radix, tweak: hex(tweak) });
  expect(ff1.encrypt(plaintext.length, [numerals(plaintext)])).toEqual([numerals(ciphertext)]);
  expect(ff1.decrypt(plaintext.length, [numerals(ciphertext)])).toEqual([numerals(plaintext)]);
});

interface Wycheproof {
  readonly testGroups: readonly {
    readonly radix: number;
    readonly tests: readonly { key: string; tweak: string; msg: number[]; ct: number[]; result: string }[];
  }[];
}

test.each([10, 36])('Wycheproof, radix %i', (radix) => {
  const file = readFileSync(new URL(`vectors/aes_ff1_radix${radix}_test.json.gz`, import.meta.url));
  const { testGroups } = JSON.parse(gunzipSync(file).toString()) as Wycheproof;
  // The invalid ones are of keys, lengths and numerals that no definition can ask for: see `ff1.test.ts`.
  const valid = testGroups.flatMap(({ tests }) => tests).filter(({ result }) => result === 'valid');
  expect(valid.length).toBeGreaterThan(2_000);
  const wrong = valid.filter(({ key, tweak, msg, ct }) => {
    const ff1 = createAesFf1({ key: hex(key), radix, tweak: hex(tweak) });
    return (
      String(ff1.encrypt(msg.length, [msg])) !== String(ct) || String(ff1.decrypt(msg.length, [ct])) !== String(msg)
    );
  });
  expect(wrong).toEqual([]);
});

test('a batch is what another implementation makes one by one', () => {
  const shape = fc.record({
    radix: fc.integer({ min: 2, max: 94 }),
    length: fc.integer({ min: 7, max: 70 }),
    key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    tweak: fc.uint8Array({ maxLength: 40 }),
    seeds: fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
  });
  fc.assert(
    fc.property(shape, ({ radix, length, key, tweak, seeds }) => {
      const values = seeds.map((seed) => Array.from({ length }, (_, at) => (seed * (at + 3) + at) % radix));
      const ff1 = createAesFf1({ key, radix, tweak });
      const made = ff1.encrypt(length, values);
      expect(made).toEqual(values.map((value) => FF1(radix, key, tweak).encrypt(value)));
      expect(ff1.decrypt(length, made)).toEqual(values);
    }),
    { numRuns: 100 },
  );
});

test('a permutation: all ten thousand values of four digits give ten thousand', () => {
  const all = Array.from({ length: 10_000 }, (_, at) => numerals(String(at).padStart(4, '0')));
  const made = createAesFf1({ key: hex(key256), radix: 10 }).encrypt(4, all);
  expect(new Set(made.map(String)).size).toBe(10_000);
});
