import { constants, generateKeyPairSync, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEntryEncryption, createEntryOpening } from '../src/entry-envelope.ts';
import { decryptOaep } from '../src/oaep.ts';
import type { RemoteKey } from '../src/private-key.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const modulus = 256;
const { encrypt, bytesFor } = createEntryEncryption(publicKey);
const open = createEntryOpening(privateKey);

const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
const text = async (entry: Uint8Array): Promise<string | undefined> => {
  const value = await open(entry);
  return value && Buffer.from(value).toString();
};
const dataKeyOf = (entry: Buffer): Buffer => entry.subarray(1, 1 + modulus);

test('values of any length come back, each from its own entry', async () => {
  const value = fc.string({ unit: 'grapheme', maxLength: 200 });
  const property = fc.asyncProperty(fc.array(value, { maxLength: 8 }), async (values) => {
    const entries = encrypt(values);
    expect(entries.map(({ length }) => length)).toEqual(values.map(bytesFor));
    expect(await Promise.all(entries.map(text))).toEqual(values.map((each) => each.toWellFormed()));
  });
  await fc.assert(property, {
    numRuns: 40,
    examples: [[['', 'x'.repeat(63), 'x'.repeat(64), 'x\u0080', '\u0080\0\0']]],
  });
});

test('values that are encrypted together share one key and no nonce; the next have another key', () => {
  const entries = encrypt(['a', 'a', 'b']);
  expect(new Set(entries.map((entry) => dataKeyOf(entry).toString('hex'))).size).toBe(1);
  expect(new Set(entries.map((entry) => entry.subarray(1 + modulus, 1 + modulus + 12).toString('hex'))).size).toBe(3);
  expect(new Set(entries.map((entry) => entry.subarray(1 + modulus + 12).toString('hex'))).size).toBe(3);
  const [again] = encrypt(['a']);
  expect(dataKeyOf(again!).equals(dataKeyOf(entries[0]!))).toBe(false);
});

test('the key in an entry is stock RSA-OAEP, of 32 bytes that no other entry has', () => {
  const keys = [encrypt(['a']), encrypt(['a'])].map(([entry]) =>
    privateDecrypt({ key: privateKey, ...oaep }, dataKeyOf(entry!)),
  );
  expect(keys.map(({ length }) => length)).toEqual([32, 32]);
  expect(keys[0]?.equals(keys[1]!)).toBe(false);
});

test('an entry does not tell one address from another by its length', () => {
  const values = ['1.1.1.1', '255.255.255.255', '2001:0db8:0000:0000:0000:0000:0000:0001', 'x'.repeat(63)];
  expect(new Set(encrypt(values).map(({ length }) => length)).size).toBe(1);
  expect(bytesFor('x'.repeat(64))).toBe(bytesFor('') + 64);
  // Bytes count, not characters.
  expect(bytesFor('€'.repeat(22))).toBe(bytesFor('x'.repeat(66)));
});

test('an entry of before, the value itself in RSA-OAEP, is opened still', async () => {
  expect(await text(publicEncrypt({ key: publicKey, ...oaep }, Buffer.from('10.0.0.1')))).toBe('10.0.0.1');
});

test('no bit of an entry can be changed, and no part of it left out or put into another', async () => {
  const [entry, other] = encrypt(['one', 'two']) as [Buffer, Buffer];
  const property = fc.asyncProperty(fc.nat(entry.length - 1), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
    const changed = Buffer.from(entry);
    changed[at]! ^= bits;
    expect(await open(changed)).toBeUndefined();
  });
  await fc.assert(property, {
    numRuns: 60,
    examples: [
      [0, 1],
      [1, 1],
      [1 + modulus, 1],
      [entry.length - 1, 1],
    ],
  });
  const body = 1 + modulus + 12;
  const spliced = Buffer.concat([entry.subarray(0, body), other.subarray(body)]);
  const wrong = [
    spliced,
    entry.subarray(1),
    entry.subarray(0, -1),
    Buffer.alloc(0),
    Buffer.alloc(modulus),
    Buffer.of(1),
  ];
  for (const each of wrong) expect(await open(each)).toBeUndefined();
  expect(await text(entry)).toBe('one');
});

test('another pair’s entry does not open', async () => {
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const [entry] = createEntryEncryption(stranger.publicKey).encrypt(['a']);
  expect(await open(entry!)).toBeUndefined();
});

/** A service that keeps the private half, and counts what it is asked. */
function remote(answer: (key: KeyObject, ciphertext: Uint8Array) => Promise<Uint8Array | undefined> = decryptOaep) {
  const asked: number[] = [];
  const key: RemoteKey = {
    publicKey,
    decryptOaep(ciphertext) {
      asked.push(ciphertext.length);
      return answer(privateKey, ciphertext);
    },
  };
  return { key, asked };
}

test('a service that keeps the private key is asked once for the values that were encrypted together', async () => {
  const { key, asked } = remote();
  const openThere = createEntryOpening(key);
  const entries = [...encrypt(['a', 'b', 'c']), ...encrypt(['d'])];
  const values = await Promise.all(entries.map(openThere));
  expect(values.map((value) => Buffer.from(value ?? []).toString())).toEqual(['a', 'b', 'c', 'd']);
  expect(asked).toEqual([modulus, modulus]);
});

test('a service that was away is asked again', async () => {
  let isAway = true;
  const { key } = remote((...given) => (isAway ? Promise.reject(new Error('away')) : decryptOaep(...given)));
  const openThere = createEntryOpening(key);
  const [entry] = encrypt(['a']);
  await expect(openThere(entry!)).rejects.toThrow('away');
  isAway = false;
  expect(Buffer.from((await openThere(entry!)) ?? []).toString()).toBe('a');
});
