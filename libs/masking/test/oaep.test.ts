import { constants, createPrivateKey, createPublicKey, type KeyObject, privateDecrypt, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import forge from 'node-forge';
import { describe, expect, test } from 'vitest';
import { createOaepEncoding, createOaepEncryption, decryptOaep, maxMessageBytes, modulusBytes } from '../src/oaep.ts';
import { golden } from './golden.ts';

const read = (name: string): string => readFileSync(new URL(`vectors/${name}`, import.meta.url), 'utf8');
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** Labels and hexadecimal blocks of oaep-vect.txt, one section per key: its numbers, then its six examples. */
function rsaLaboratories() {
  return read('rsa-laboratories-oaep-vect.txt')
    .split(/^# Example \d+: /m)
    .slice(1)
    .map((section) => {
      const blocks = [...section.matchAll(/^# ([\w ]+):\s*\n((?:[0-9a-f]{2} ?[0-9a-f ]*\s*\n)+)/gm)].map(
        ([, name = '', bytes = '']) => ({ name, bytes: hex(bytes.replaceAll(/\s/g, '')) }),
      );
      const all = (name: string): Buffer[] => blocks.filter((block) => block.name === name).map(({ bytes }) => bytes);
      const [messages, seeds, ciphertexts] = [all('Message'), all('Seed'), all('Encryption')];
      const b64 = (name: string, at = 0): string => all(name)[at]?.toString('base64url') ?? '';
      const key = createPrivateKey({
        format: 'jwk',
        key: {
          kty: 'RSA',
          n: b64('Modulus'),
          e: b64('Public exponent'),
          d: b64('Exponent', 1),
          p: b64('Prime 1'),
          q: b64('Prime 2'),
          dp: b64('Prime exponent 1'),
          dq: b64('Prime exponent 2'),
          qi: b64('Coefficient'),
        },
      });
      const examples = messages.map((message, at) => ({ message, seed: seeds[at]!, ciphertext: ciphertexts[at]! }));
      return { key, bits: key.asymmetricKeyDetails?.modulusLength, examples };
    });
}

describe('RSA Laboratories, OAEP with SHA-1', () => {
  const keys = rsaLaboratories();

  test('all ten keys with six examples each were read', () => {
    expect(keys.map((key) => key.bits)).toEqual([1024, 1025, 1026, 1027, 1028, 1029, 1030, 1031, 1536, 2048]);
    expect(keys.every((key) => key.examples.length === 6)).toBe(true);
  });

  test.each(keys)('$bits bits', async ({ key, examples }) => {
    const publicKey = createPublicKey(key);
    for (const { message, seed, ciphertext } of examples) {
      expect(createOaepEncryption(publicKey, 'sha1')(message, seed)).toEqual(ciphertext);
      expect(await decryptOaep(key, ciphertext, 'sha1')).toEqual(message);
    }
  });
});

interface Wycheproof {
  readonly numberOfTests: number;
  readonly testGroups: readonly {
    readonly privateKeyPem: string;
    readonly tests: readonly { tcId: number; msg: string; ct: string; label: string; result: 'valid' | 'invalid' }[];
  }[];
}

describe.each([2048, 3072])('Wycheproof, %i bits, SHA-256', (bits) => {
  const suite = JSON.parse(read(`rsa_oaep_${bits}_sha256_mgf1sha256_test.json`)) as Wycheproof;
  const cases = suite.testGroups.flatMap(({ privateKeyPem, tests }) =>
    tests.map((one) => ({ ...one, key: createPrivateKey(privateKeyPem) })),
  );

  test('every case was read', () => {
    expect(cases).toHaveLength(suite.numberOfTests);
    expect(cases).toHaveLength(37);
  });

  test.each(cases)('case $tcId, $result', async ({ key, msg, ct, label, result }) => {
    // We have no labels: what was made with one is not ours, though it is valid for whoever has.
    const ours = result === 'valid' && label === '';
    expect((await decryptOaep(key, hex(ct)))?.toString('hex')).toBe(ours ? msg : undefined);
  });

  test.each(cases.filter(({ result, label }) => result === 'valid' && label === ''))(
    'case $tcId: with the seed taken out of it, we make the same bytes',
    ({ key, msg, ct }) => {
      const seed = seedOf(key, hex(ct));
      expect(createOaepEncryption(createPublicKey(key))(hex(msg), seed).toString('hex')).toBe(ct);
    },
  );
});

/** Undoes RSA and OAEP's outer mask with node-forge's MGF1, not ours. */
function seedOf(key: KeyObject, ciphertext: Buffer): Buffer {
  const encoded = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, ciphertext);
  const [maskedSeed, maskedDb] = [encoded.subarray(1, 33), encoded.subarray(33)];
  const mask = Buffer.from(
    forge.mgf.mgf1.create(forge.md.sha256.create()).generate(maskedDb.toString('latin1'), 32),
    'latin1',
  );
  return Buffer.from(maskedSeed.map((byte, at) => byte ^ (mask[at] ?? 0)));
}

const [{ publicKey: publicPem }] = golden.mask.keys;
const [{ privateKey: privatePem }] = golden.unmask.keys;
const publicKey = createPublicKey(publicPem);
const privateKey = createPrivateKey(privatePem);
const encryptOaep = createOaepEncryption(publicKey);

test('node-forge, given the same seed, makes the same bytes', () => {
  const oracle = forge.pki.publicKeyFromPem(publicPem);
  fc.assert(
    fc.property(bytes(0, 318), bytes(32, 32), (message, seed) => {
      const scheme = {
        md: forge.md.sha256.create(),
        mgf1: { md: forge.md.sha256.create() },
        seed: seed.toString('latin1'),
      };
      const theirs = oracle.encrypt(message.toString('latin1'), 'RSA-OAEP', scheme);
      expect(encryptOaep(message, seed).toString('latin1')).toBe(theirs);
    }),
    {
      numRuns: 40,
      examples: [
        [Buffer.alloc(0), Buffer.alloc(32)],
        [Buffer.alloc(318, 1), Buffer.alloc(32, 255)],
      ],
    },
  );
});

test('OpenSSL opens what we make, at every length', async () => {
  for (let length = 0; length <= maxMessageBytes(384); length += 53) {
    const message = randomBytes(length);
    expect(await decryptOaep(privateKey, encryptOaep(message, randomBytes(32)))).toEqual(message);
  }
});

test('lengths that the scheme does not have are refused', async () => {
  expect(maxMessageBytes(modulusBytes(publicKey))).toBe(318);
  expect(() => createOaepEncoding(384, 'sha256')(Buffer.alloc(319), Buffer.alloc(32))).toThrow(RangeError);
  expect(() => createOaepEncoding(384, 'sha256')(Buffer.alloc(1), Buffer.alloc(31))).toThrow(RangeError);
  const ciphertext = encryptOaep(Buffer.from('x'), Buffer.alloc(32, 7));
  expect((await decryptOaep(privateKey, ciphertext))?.toString()).toBe('x');
  expect(await decryptOaep(privateKey, ciphertext.subarray(1))).toBeUndefined();
  expect(await decryptOaep(privateKey, Buffer.concat([Buffer.of(0), ciphertext]))).toBeUndefined();
});

test('a ciphertext without its leading zero is the same number, and still no ciphertext', async () => {
  const message = Buffer.from('x');
  const seed = Buffer.alloc(32);
  let ciphertext = encryptOaep(message, seed);
  for (let count = 1; ciphertext[0] !== 0; count += 1) {
    seed.writeUInt32BE(count);
    ciphertext = encryptOaep(message, seed);
  }
  expect(await decryptOaep(privateKey, ciphertext)).toEqual(message);
  expect(await decryptOaep(privateKey, ciphertext.subarray(1))).toBeUndefined();
});

function bytes(minLength: number, maxLength: number) {
  return fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
}
