import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { type KeyStatus, keyPaths, writeKeyFile } from '@masque/key-files';
import { rsa } from '@masque/pipeline';
import { expect, test } from 'vitest';
import { readMaskFile, readMaskKeys, readUnmaskKeys } from '../src/keys.ts';
import { createMasker } from '../src/masker.ts';
import { createOriginKeys, type OriginKeys } from '../src/origin.ts';
import { createUnmasker } from '../src/unmasker.ts';
import { folder, tokenOf } from './golden.ts';

const mask = { device: rsa('text', { bits: 2048 }) };
const kids = ['aaaaaa', 'bbbbbb'];
const created = '2026-01-01T00:00:00.000Z';
const pairs = kids.map((kid) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { format: 'pem', type: 'spki' },
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
  });
  return { kid, publicKey, privateKey, prfSecret: randomBytes(32).toString('base64url') };
});

/** The files of two keys that have these statuses. */
async function files(statuses: readonly KeyStatus[]) {
  const { custodian } = keyPaths(folder());
  const entries = pairs.map(({ kid, publicKey, privateKey, prfSecret }, at) => {
    const entry = { kid, method: 'rsa', status: statuses[at], created };
    return statuses[at] === 'DESTROYED'
      ? { mask: { ...entry, fingerprint: '0123456789abcdef' } }
      : { mask: { ...entry, publicKey, prfSecret }, unmask: { ...entry, privateKey } };
  });
  const head = { version: 2, revision: 1 };
  const unmask = entries.flatMap((entry) => (entry.unmask === undefined ? [] : [entry.unmask]));
  await writeKeyFile(
    custodian.mask,
    { ...head, role: 'mask', keys: entries.map((entry) => entry.mask) },
    { secret: true },
  );
  await writeKeyFile(custodian.unmask, { ...head, role: 'unmask', keys: unmask }, { secret: true });
  return custodian;
}

async function unmaskerOf(statuses: readonly KeyStatus[]) {
  const { mask: maskFile, unmask } = await files(statuses);
  const { keys: maskKeys, refused } = await readMaskFile(maskFile);
  return createUnmasker({ mask, maskKeys, unmaskKeys: await readUnmaskKeys(unmask), refused });
}

/** A token of the first key, made while it was PRIMARY. */
async function oldToken(): Promise<string> {
  const { mask: file } = await files(['PRIMARY', 'PENDING']);
  return tokenOf(createMasker({ mask, keys: await readMaskKeys(file) }), 'device', 'a');
}

test.each<[KeyStatus, KeyStatus, string | undefined]>([
  ['PRIMARY', 'PENDING', 'aaaaaa'],
  ['PENDING', 'PRIMARY', 'bbbbbb'],
  ['ENABLED', 'PRIMARY', 'bbbbbb'],
  ['DISABLED', 'PRIMARY', 'bbbbbb'],
  ['DESTROYED', 'PRIMARY', 'bbbbbb'],
])('%s and %s: the PRIMARY masks', async (one, other, expected) => {
  const masker = createMasker({ mask, keys: await readMaskKeys((await files([one, other])).mask) });
  expect(masker.keys().map(({ kid }) => kid)).toEqual([expected]);
});

test.each<KeyStatus[]>([
  ['PENDING', 'ENABLED'],
  ['DISABLED', 'DESTROYED'],
])('without a PRIMARY nothing is masked: %s and %s', async (...statuses) => {
  const { mask: file } = await files(statuses);
  const keys = await readMaskKeys(file);
  expect(() => createMasker({ mask, keys })).toThrow(expect.objectContaining({ code: 'key_missing' }));
});

test.each<KeyStatus>(['PENDING', 'PRIMARY', 'ENABLED'])('a key that is %s opens its tokens', async (status) => {
  const unmasker = await unmaskerOf([status, 'ENABLED']);
  expect(await unmasker.unmask(await oldToken())).toMatchObject({ kid: 'aaaaaa', value: 'a' });
});

test.each<[KeyStatus, string]>([
  ['DISABLED', 'token_key_disabled'],
  ['DESTROYED', 'token_key_destroyed'],
])('a key that is %s is refused by name', async (status, code) => {
  const unmasker = await unmaskerOf([status, 'PRIMARY']);
  await expect(unmasker.unmask(await oldToken())).rejects.toMatchObject({ code, details: { kid: 'aaaaaa' } });
});

async function originKeys(...statuses: KeyStatus[]): Promise<OriginKeys> {
  return createOriginKeys('logins', await readMaskKeys((await files(statuses)).mask));
}

test('origins: signed by the PRIMARY, known to maskers that hold it as PENDING, not by a key that is DISABLED', async () => {
  const origin = { id: 'm-1', sentAt: 1 };
  const signed = (await originKeys('ENABLED', 'PRIMARY')).sign(origin);
  expect((await originKeys('PRIMARY', 'PENDING')).verify(signed)).toEqual(origin);
  expect((await originKeys('PRIMARY', 'DISABLED')).verify(signed)).toBeUndefined();
});
