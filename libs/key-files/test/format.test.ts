import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64url, encodedBytes } from '../src/base64url.ts';
import { type KeyDescription, readDescription, writeDescription } from '../src/description.ts';
import { kidPattern, newKid } from '../src/kid.ts';
import { keyPaths } from '../src/layout.ts';
import { folder } from './folder.ts';

test('key ids are six of a-z and 2-7, and use all of them', () => {
  const kids = Array.from({ length: 2_000 }, newKid);
  expect(kids.every((kid) => kidPattern.test(kid))).toBe(true);
  expect(new Set(kids.join('')).size).toBe(32);
  expect(new Set(kids).size).toBeGreaterThan(1_990);
});

test('base64url: every byte string has one text', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(decodeBase64url(Buffer.from(bytes).toString('base64url'))).toEqual(Buffer.from(bytes));
    }),
  );
  // RFC 4648 section 10 test vectors, unpadded as in RFC 7515.
  expect(decodeBase64url('Zm9vYmE')?.toString()).toBe('fooba');
  const others = ['Zm9vYmE=', 'Zm9vYmF', 'Zm9v YmE', 'Zm9vYmE\n', 'Zm9vY', '-_+/', 'Zm9vYmÉ'];
  expect(others.filter((text) => decodeBase64url(text) !== undefined)).toEqual([]);
  expect(encodedBytes(5).safeParse('Zm9vYmE').success).toBe(true);
  expect(encodedBytes(6).safeParse('Zm9vYmE').success).toBe(false);
  expect(encodedBytes(5).safeParse('Zm9vYmF').success).toBe(false);
});

const key: KeyDescription = {
  kid: 'abcdef',
  use: 'mask',
  method: 'rsa',
  bits: 3072,
  status: 'PRIMARY',
  fingerprint: '0123456789abcdef',
  created: '2026-01-02T03:04:05.678Z',
};

test('a description is written and read, and takes no field that it does not know', async () => {
  const path = keyPaths(await folder()).description;
  await writeDescription(path, [key]);
  expect(await readDescription(path)).toEqual([key]);
  await expect(writeDescription(path, [key])).rejects.toMatchObject({ code: 'key_file_exists' });
  const leaky = { ...key, prfSecret: 'hush' };
  await expect(writeDescription(path, [leaky], { overwrite: true })).rejects.toMatchObject({
    code: 'key_file_malformed',
  });
  expect(await readFile(path, 'utf8')).not.toContain('hush');
});

test('each role has its own folder', () => {
  const { extractor, masker, custodian, description } = keyPaths('/keys');
  expect(extractor).toEqual({ sealPublic: '/keys/extractor/seal.public.json' });
  expect(Object.values(masker).every((path) => path.startsWith('/keys/masker/'))).toBe(true);
  expect(Object.values(custodian).every((path) => path.startsWith('/keys/custodian/'))).toBe(true);
  expect(description).toBe(join('/keys', 'keys.json'));
});
