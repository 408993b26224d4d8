import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { keyPaths, writeDescription, writeKeyFile } from '@masque/key-files';
import { ff1, hmac, ipcryptDet, ipcryptPfx, redact, rsa, siv, truncate, vault } from '@masque/pipeline';
import { expect, test } from 'vitest';
import { createKeys, createMasker, createUnmasker, readMaskKeys, readUnmaskKeys } from '../src/index.ts';
import { fingerprint } from '../src/fingerprint.ts';
import type { MaskKey, PublicMaskKey } from '../src/keys.ts';
import { folder, golden, goldenKeys, tokenOf } from './golden.ts';

const mask = { ip: rsa('address', { bits: 2048 }), device_id: rsa('text', { bits: 2048 }) };

test('made keys: the masker masks, the custodian unmasks, and the description tells nothing', async () => {
  const dir = folder();
  const described = await createKeys({ dir, mask, created: new Date(0) });
  const { masker: files, custodian, description } = keyPaths(dir);
  const masker = createMasker({ mask, keys: await readMaskKeys(files.mask) });
  const maskKeys = await readMaskKeys(custodian.mask);
  const unmasker = createUnmasker({ mask, maskKeys, unmaskKeys: await readUnmaskKeys(custodian.unmask) });
  expect(await unmasker.unmask(tokenOf(masker, 'ip', '::ffff:10.0.0.1'))).toMatchObject({
    field: 'ip',
    value: '10.0.0.1',
  });

  const [{ kid, fingerprint } = { kid: '', fingerprint: '' }] = masker.keys();
  expect(described).toEqual([
    {
      kid,
      use: 'mask',
      method: 'rsa',
      bits: 2048,
      status: 'PRIMARY',
      fingerprint,
      created: '1970-01-01T00:00:00.000Z',
    },
  ]);
  await writeDescription(description, described);
  const secrets = JSON.parse(await readFile(files.mask, 'utf8')) as { keys: { prfSecret: string }[] };
  expect(await readFile(description, 'utf8')).not.toContain(secrets.keys[0]?.prfSecret);
  for (const path of [files.mask, custodian.mask, custodian.unmask])
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(files.mask, 'utf8')).not.toContain('PRIVATE KEY');
  expect(await readFile(custodian.unmask, 'utf8')).not.toContain('prfSecret');
});

test('one key for each size that the pipeline asks for', async () => {
  const dir = folder();
  const sizes = { a: rsa('text', { bits: 2048 }), b: rsa('text', { bits: 3072 }), c: rsa('text', { bits: 2048 }) };
  const described = await createKeys({ dir, mask: sizes });
  expect(new Set(described.map((key) => key.bits))).toEqual(new Set([2048, 3072]));
  expect(described).toHaveLength(2);
  const masker = createMasker({ mask: sizes, keys: await readMaskKeys(keyPaths(dir).masker.mask) });
  const lengths = ['a', 'b', 'c'].map((field) => tokenOf(masker, field, 'x').length);
  expect(lengths).toEqual([354, 524, 354]);
});

test('one key for each method, none for what needs none; private keys for two of them', async () => {
  const dir = folder();
  const every = {
    a: rsa('text', { bits: 2048 }),
    b: vault('text', { bits: 2048 }),
    c: siv('text'),
    d: hmac('text'),
    e: ff1({ alphabet: '0123456789' }),
    f: ipcryptDet(),
    g: ipcryptPfx(),
    h: truncate(),
    i: redact(),
    j: siv('address'),
  };
  const described = await createKeys({ dir, mask: every });
  const methods = ['rsa', 'vault', 'siv', 'hmac', 'ff1', 'ipcrypt-det', 'ipcrypt-pfx'];
  expect(described.map(({ method, bits }) => [method, bits])).toEqual(
    methods.map((method) => [method, method === 'rsa' || method === 'vault' ? 2048 : undefined]),
  );
  const { masker: files, custodian, description } = keyPaths(dir);
  await writeDescription(description, described);
  const [keys, unmaskKeys] = [await readMaskKeys(files.mask), await readUnmaskKeys(custodian.unmask)];
  expect(unmaskKeys.map(({ method, kid }) => [method, kid])).toEqual(
    described.slice(0, 2).map(({ method, kid }) => [method, kid]),
  );
  const masker = createMasker({ mask: every, keys });
  expect(masker.keys()).toEqual(described.map(({ kid, method, fingerprint }) => ({ kid, method, fingerprint })));
  expect(new Set(described.map((key) => key.fingerprint)).size).toBe(methods.length);
});

test('a pipeline whose masks need no key has one all the same: origins are signed with it', async () => {
  const dir = folder();
  const described = await createKeys({ dir, mask: { a: redact(), b: truncate() } });
  expect(described.map(({ method }) => method)).toEqual(['hmac']);
  expect(await readUnmaskKeys(keyPaths(dir).custodian.unmask)).toEqual([]);
  const masker = createMasker({ mask: { a: redact() }, keys: await readMaskKeys(keyPaths(dir).masker.mask) });
  expect(masker.keys()).toEqual([]);
});

test('keys that are there are not replaced, not even in part', async () => {
  const dir = folder();
  const { masker, custodian } = keyPaths(dir);
  await writeKeyFile(masker.mask, golden.mask, { secret: true });
  await expect(createKeys({ dir, mask })).rejects.toMatchObject({ code: 'key_file_exists' });
  await expect(readUnmaskKeys(custodian.unmask)).rejects.toMatchObject({ code: 'key_file_missing' });
  await createKeys({ dir, mask, overwrite: true });
  expect((await readMaskKeys(masker.mask))[0]?.kid).not.toBe(golden.mask.keys[0].kid);
});

const [entry] = golden.mask.keys;
const secretEntry = {
  kid: entry.kid,
  method: 'siv',
  status: 'PRIMARY',
  created: '2026-01-01T00:00:00.000Z',
  secret: entry.prfSecret,
};
const pem = (type: 'weak' | 'odd' | 'ec'): string => {
  const options = { weak: { modulusLength: 1024 }, odd: { modulusLength: 2048, publicExponent: 3 } };
  const pair = type === 'ec' ? generateKeyPairSync('ed25519') : generateKeyPairSync('rsa', options[type]);
  return pair.publicKey.export({ format: 'pem', type: 'spki' }).toString();
};

test.each([
  ['another version', { ...golden.mask, version: 2 }],
  ['a version to come', { ...golden.mask, version: 3, revision: 1 }],
  ['a status that is none', { ...golden.mask, version: 2, revision: 1, keys: [{ ...entry, status: 'RETIRED' }] }],
  ['a destroyed key’s secret', { ...golden.mask, version: 2, revision: 1, keys: [{ ...entry, status: 'DESTROYED' }] }],
  ['another role', { ...golden.mask, role: 'unmask' }],
  ['no keys', { ...golden.mask, keys: [] }],
  ['one id twice', { ...golden.mask, keys: [entry, entry] }],
  ['a status of a later version', { ...golden.mask, keys: [{ ...entry, status: 'DISABLED' }] }],
  ['a short secret', { ...golden.mask, keys: [{ ...entry, prfSecret: entry.prfSecret.slice(0, -2) }] }],
  ['a padded secret', { ...golden.mask, keys: [{ ...entry, prfSecret: `${entry.prfSecret}=` }] }],
  ['1024 bits', { ...golden.mask, keys: [{ ...entry, publicKey: pem('weak') }] }],
  ['exponent 3', { ...golden.mask, keys: [{ ...entry, publicKey: pem('odd') }] }],
  ['no RSA', { ...golden.mask, keys: [{ ...entry, publicKey: pem('ec') }] }],
  ['a secret where a key pair belongs', { ...golden.mask, keys: [{ ...secretEntry, method: 'vault' }] }],
  ['a key pair where a secret belongs', { ...golden.mask, keys: [{ ...entry, method: 'siv' }] }],
  ['a method of a later version', { ...golden.mask, keys: [{ ...secretEntry, method: 'fpe' }] }],
  ['a short secret alone', { ...golden.mask, keys: [{ ...secretEntry, secret: entry.prfSecret.slice(0, -2) }] }],
  ['no PEM', { ...golden.mask, keys: [{ ...entry, publicKey: 'key' }] }],
])('a mask key file with %s is malformed, and nothing of it is quoted', async (_, content) => {
  const path = keyPaths(folder()).masker.mask;
  await writeKeyFile(path, content, { secret: true });
  const error: unknown = await readMaskKeys(path).catch((error: unknown) => error);
  expect(error).toMatchObject({ code: 'key_file_malformed', setting: 'MASQUE_KEYS_DIR' });
  expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain(entry.prfSecret.slice(0, 10));
});

test('a public key in the place of the private one is malformed', async () => {
  const path = keyPaths(folder()).custodian.unmask;
  const [unmask] = golden.unmask.keys;
  await writeKeyFile(path, { ...golden.unmask, keys: [{ ...unmask, privateKey: entry.publicKey }] }, { secret: true });
  await expect(readUnmaskKeys(path)).rejects.toMatchObject({ code: 'key_file_malformed' });
  await rm(path);
  await writeFile(path, JSON.stringify(golden.unmask), { mode: 0o644 });
  await expect(readUnmaskKeys(path)).rejects.toMatchObject({ code: 'key_file_exposed' });
});

test('a fingerprint changes with the id, the public key and the secret, and is the same otherwise', async () => {
  const [key] = (await goldenKeys()).maskKeys as [PublicMaskKey];
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
  const secret = Buffer.from(entry.prfSecret, 'base64url');
  const flipped = Buffer.from(secret);
  flipped[31] = (flipped[31] ?? 0) ^ 1;
  const others: MaskKey[] = [
    { ...key, kid: 'aaaaaa' },
    { ...key, publicKey },
    { ...key, prfSecret: createSecretKey(flipped) },
    { ...key, prfSecret: createSecretKey(randomBytes(32)) },
  ];
  const prints = [key, ...others].map(fingerprint);
  expect(new Set(prints).size).toBe(prints.length);
  expect(prints.every((print) => /^[0-9a-f]{16}$/.test(print))).toBe(true);
  expect(fingerprint({ ...key, status: 'ENABLED', prfSecret: createSecretKey(secret) })).toBe(golden.fingerprint);
});

test('the fingerprint of a key of one secret changes with its id, its method and the secret', () => {
  const key: MaskKey = {
    kid: 'aaaaaa',
    method: 'siv',
    status: 'PRIMARY',
    secret: createSecretKey(Buffer.alloc(32, 1)),
  };
  const others: MaskKey[] = [
    { ...key, kid: 'bbbbbb' },
    { ...key, method: 'hmac' },
    { ...key, secret: createSecretKey(Buffer.alloc(32, 2)) },
  ];
  expect(new Set([key, ...others].map(fingerprint)).size).toBe(4);
  expect(fingerprint({ ...key, status: 'ENABLED' })).toBe(fingerprint(key));
});
