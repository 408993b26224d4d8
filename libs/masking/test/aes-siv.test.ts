import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { aessiv } from '@noble/ciphers/aes.js';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAesSiv } from '../src/aes-siv.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

test.each([
  {
    section: 'A.1',
    key: 'fffefdfc fbfaf9f8 f7f6f5f4 f3f2f1f0 f0f1f2f3 f4f5f6f7 f8f9fafb fcfdfeff',
    associated: ['10111213 14151617 18191a1b 1c1d1e1f 20212223 24252627'],
    plaintext: '11223344 55667788 99aabbcc ddee',
    sealed: '85632d07 c6e8f37f 950acd32 0a2ecc93 40c02b96 90c4dc04 daef7f6a fe5c',
  },
  {
    section: 'A.2',
    key: '7f7e7d7c 7b7a7978 77767574 73727170 40414243 44454647 48494a4b 4c4d4e4f',
    associated: [
      '00112233 44556677 8899aabb ccddeeff deaddada deaddada ffeeddcc bbaa9988 77665544 33221100',
      '10203040 50607080 90a0',
      '09f91102 9d74e35b d84156c5 635688c0',
    ],
    plaintext:
      '74686973 20697320 736f6d65 20706c61 696e7465 78742074 6f20656e 63727970 74207573 696e6720 5349562d 414553',
    sealed:
      '7bdb6e3b 432667eb 06f4d14b ff2fbd0f cb900f2f ddbe4043 26601965 c889bf17 dba77ceb 094fa663 b7a3f748 ba8af829 ea64ad54 4a272e9c 485b62a3 fd5c0d',
  },
])('RFC 5297 appendix $section', ({ key, associated, plaintext, sealed }) => {
  const siv = createAesSiv(hex(key), associated.map(hex));
  expect(siv.seal([hex(plaintext)])).toEqual([hex(sealed)]);
  expect(siv.open(hex(sealed))).toEqual(hex(plaintext));
});

interface Wycheproof {
  readonly testGroups: readonly {
    readonly keySize: number;
    readonly tests: readonly { tcId: number; key: string; aad: string; msg: string; ct: string; result: string }[];
  }[];
}

const { testGroups } = JSON.parse(
  readFileSync(new URL('vectors/aes_siv_cmac_test.json', import.meta.url), 'utf8'),
) as Wycheproof;

test.each(testGroups)('Wycheproof, AES-SIV of $keySize bits', ({ tests }) => {
  expect(tests.length).toBeGreaterThan(140);
  for (const { key, aad, msg, ct, result } of tests) {
    const siv = createAesSiv(hex(key), [hex(aad)]);
    const isValid = result === 'valid';
    expect(siv.open(hex(ct))).toEqual(isValid ? hex(msg) : undefined);
    expect(siv.seal([hex(msg)])[0]?.equals(hex(ct))).toBe(isValid);
  }
});

const bytes = fc.uint8Array({ maxLength: 70 });

test('a batch of any lengths is what another implementation makes one by one', () => {
  const size = fc.constantFrom(32, 48, 64);
  fc.assert(
    fc.property(size, fc.array(bytes, { maxLength: 4 }), fc.array(bytes, { maxLength: 20 }), (length, ad, texts) => {
      const key = randomBytes(length);
      const siv = createAesSiv(key, ad);
      const sealed = siv.seal(texts);
      expect(sealed).toEqual(texts.map((text) => Buffer.from(aessiv(key, ...ad).encrypt(text))));
      expect(sealed.map((one) => siv.open(one))).toEqual(texts.map((text) => Buffer.from(text)));
    }),
    { numRuns: 300 },
  );
});

test('sealing leaves what it is given as it was', () => {
  const siv = createAesSiv(randomBytes(64), []);
  const texts = [Buffer.alloc(16, 1), Buffer.alloc(20, 2), Buffer.alloc(3, 3)];
  siv.seal(texts);
  expect(texts).toEqual([Buffer.alloc(16, 1), Buffer.alloc(20, 2), Buffer.alloc(3, 3)]);
});

test('any bit changed, cut or added does not open', () => {
  const siv = createAesSiv(randomBytes(64), [Buffer.from('ip')]);
  const [sealed = Buffer.alloc(0)] = siv.seal([Buffer.alloc(32, 7)]);
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const changed = Buffer.from(sealed);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    expect(siv.open(changed)).toBeUndefined();
  }
  for (let length = 0; length < sealed.length; length += 1) {
    expect(siv.open(sealed.subarray(0, length))).toBeUndefined();
  }
  expect(siv.open(Buffer.concat([sealed, Buffer.alloc(1)]))).toBeUndefined();
});
