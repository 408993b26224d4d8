import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { deriveFieldKey, deriveKey } from '../src/derivation.ts';
import { createHmacSha256 } from '../src/hmac-sha256.ts';
import { createKeyedHash } from '../src/keyed-hash.ts';
import { lengthPrefixed } from '../src/lengths.ts';

const read = (name: string): string => readFileSync(new URL(`vectors/${name}`, import.meta.url), 'utf8');
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

test('Wycheproof, HMAC-SHA256', () => {
  const { testGroups } = JSON.parse(read('hmac_sha256_test.json')) as {
    testGroups: { tagSize: number; tests: { key: string; msg: string; tag: string; result: string }[] }[];
  };
  let seen = 0;
  for (const { tagSize, tests } of testGroups) {
    for (const { key, msg, tag, result } of tests) {
      const made = Buffer.from(createHmacSha256(hex(key))(hex(msg), 'base64url'), 'base64url').subarray(0, tagSize / 8);
      expect(made.equals(hex(tag))).toBe(result === 'valid');
      seen += 1;
    }
  }
  expect(seen).toBe(174);
});

test('any key and any messages, one after the other: what node:crypto gives', () => {
  const message = fc.uint8Array({ maxLength: 1_500, size: 'max' });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 150 }), fc.array(message, { maxLength: 6 }), (key, messages) => {
      const mac = createHmacSha256(key);
      for (const one of messages) {
        const expected = createHmac('sha256', key).update(one).digest();
        expect(mac(one, 'base64url')).toBe(expected.toString('base64url'));
        expect(mac(one, 'binary')).toBe(expected.toString('latin1'));
      }
    }),
    { numRuns: 200 },
  );
});

test('RFC 5869, HKDF-SHA256: the case without salt and info', () => {
  const [, third = ''] = read('rfc-5869-HKDF-SHA256.txt').split('COUNT = 3');
  const value = (name: string): string => new RegExp(`^${name}\\s*= (.*)$`, 'm').exec(third)?.[1] ?? '';
  expect([value('salt'), value('info'), value('L')]).toEqual(['', '', '42']);
  expect(deriveKey(createSecretKey(hex(value('IKM'))), '', 42)).toEqual(hex(value('OKM')));
});

test('keys of fields are apart, by each part of their name', () => {
  const secret = createSecretKey(randomBytes(32));
  const names = [
    ['a', 'ip', 'abcdef'],
    ['b', 'ip', 'abcdef'],
    ['a', 'i', 'pabcdef'],
    ['a', 'ip', 'abcdeg'],
    ['ai', 'p', 'abcdef'],
  ] as const;
  const keys = names.map(([purpose, field, kid]) => deriveFieldKey(secret, purpose, field, kid, 32).toString('hex'));
  expect(new Set(keys).size).toBe(names.length);
});

test('a keyed hash is its formula, for values of any length and in any order', () => {
  const secret = createSecretKey(randomBytes(32));
  const keyed = createKeyedHash(secret, 'purpose', 'ip', 'abcdef');
  const key = deriveKey(secret, 'purpose', 32);
  const value = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary', maxLength: 900, size: 'max' }));
  fc.assert(
    fc.property(value, (text) => {
      const expected = createHmac('sha256', key).update(lengthPrefixed('ip', 'abcdef', text));
      expect(keyed(text, 'base64url')).toBe(expected.digest('base64url'));
    }),
    { numRuns: 500 },
  );
});
