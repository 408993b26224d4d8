import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KeyAccess, keyPaths } from '@masque/key-files';
import { checkKeys, initKeys, openUnmasker, promoteKey, rotateKey } from '@masque/keyring';
import { createMasker, readMaskKeys, type VaultEntries } from '@masque/masking';
import { definePipeline, rsa, vault } from '@masque/pipeline';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { createKms } from '../src/index.ts';
import { type FakeKms, startFakeKms } from './fake-kms.ts';

let fake: FakeKms;
let access: KeyAccess;
const credentials = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
beforeAll(async () => {
  Object.assign(process.env, credentials);
  fake = await startFakeKms();
  access = { setting: '', kms: createKms({ region: 'eu-central-1', endpoint: fake.endpoint }) };
});
afterAll(async () => {
  for (const name of Object.keys(credentials)) delete process.env[name];
  await fake[Symbol.asyncDispose]();
});
beforeEach(() => {
  fake.refuse = undefined;
  fake.mostAtOnce = fake.asked.length = 0;
});

const pipelineOf = (method: typeof rsa | typeof vault) =>
  definePipeline({
    name: 'logins',
    source: { queue: 'logins' },
    record: z.object({ ip: z.string() }),
    mask: { ip: method('address', { bits: 2048 }) },
    target: { table: 'logins', columns: { ip: { type: 'text', token: 'ip' } } },
  });
const pipeline = pipelineOf(rsa);
const closing = { custodian: { kms: 'kms:wrap' }, masker: { kms: 'kms:wrap' } } as const;

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'masque-kms-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

async function everything(dir: string): Promise<string> {
  const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  return (await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')))).join('');
}

test.each([
  ['rsa', rsa],
  ['vault', vault],
] as const)(
  '%s: the private half is in the service alone, every other secret closed by it, and all works',
  async (_, method) => {
    const dir = await folder();
    const [own, roles] = [pipelineOf(method), { custodian: access, masker: access }];
    await initKeys(dir, own, { access: roles, closing, privateKey: 'kms:pair' });
    expect(await everything(dir)).not.toMatch(/PRIVATE KEY|"(prfSecret|secret|privateKey)": "[\w-]{43}"/);
    expect(await readFile(keyPaths(dir).custodian.unmask, 'utf8')).toContain('"privateKey": "kms:pair"');

    const keys = await readMaskKeys(keyPaths(dir).masker.mask, { access });
    const entries: VaultEntries = new Map();
    const [token] = createMasker({ mask: own.mask, keys }).mask('ip', ['198.51.100.7'], entries);
    if (typeof token !== 'string') throw new Error('no token');
    const entry = Buffer.from(entries.get(token)?.ciphertext ?? '', 'base64');
    const unmasker = await openUnmasker(dir, own, access);
    expect(await unmasker.unmask(token, 'ip', { entry })).toMatchObject({ field: 'ip', value: '198.51.100.7' });
    expect((await checkKeys(dir, { access: roles })).findings).toEqual([]);
  },
);

test('a forged token is forged for the service too; one of its outages is not', async () => {
  const dir = await folder();
  await initKeys(dir, pipeline, { access: { custodian: access }, privateKey: 'kms:pair' });
  const [key] = await readMaskKeys(keyPaths(dir).masker.mask);
  const unmasker = await openUnmasker(dir, pipeline, access);
  const forged = `rsa1.${key?.kid}.${Buffer.alloc(256, 1).toString('base64url')}`;
  await expect(unmasker.unmask(forged)).rejects.toMatchObject({ code: 'token_forged' });
  fake.refuse = { status: 400, type: 'DisabledException' };
  await expect(unmasker.unmask(forged)).rejects.toMatchObject({ code: 'kms_refused', heals: false });
});

test('a key in the service is followed by one that is, and a pair of its own has to be named', async () => {
  const dir = await folder();
  const roles = { custodian: access, masker: access };
  await initKeys(dir, pipeline, { access: roles, closing, privateKey: 'kms:pair' });
  const rotation = { dir, kind: {}, reason: 'a test', access: roles };
  await expect(rotateKey(rotation)).rejects.toMatchObject({ code: 'key_service_pair_missing', heals: false });
  const { kid } = await rotateKey({ ...rotation, privateKey: 'kms:pair' });
  await promoteKey({ dir, kid, reason: 'a test', access: roles });
  expect((await checkKeys(dir, { access: roles })).findings).toEqual([]);
});

test('a service that refuses leaves nothing half made', async () => {
  const dir = await folder();
  fake.refuse = { status: 400, type: 'AccessDeniedException' };
  const making = initKeys(join(dir, 'keys'), pipeline, {
    access: { masker: access },
    closing: { masker: { kms: 'kms:wrap' } },
  });
  await expect(making).rejects.toMatchObject({ code: 'kms_refused' });
  expect(await readdir(dir)).toEqual([]);
});

test('a pair of another size than the pipeline’s is refused before anything is written', async () => {
  const dir = await folder();
  const larger = { ...pipeline, mask: { ip: rsa('address', { bits: 3072 }) } };
  const making = initKeys(join(dir, 'keys'), larger, { access: { custodian: access }, privateKey: 'kms:pair' });
  await expect(making).rejects.toMatchObject({ code: 'key_size_mismatch' });
  expect(await readdir(dir)).toEqual([]);
});

test('what is closed for one key does not open as another’s', async () => {
  const { kms } = access;
  const sealed = await kms!.encrypt('kms:wrap', Buffer.from('hush'), 'abcdef prfSecret');
  const opened = await kms!.decrypt('kms:wrap', sealed, 'abcdef prfSecret');
  expect(Buffer.from(opened).toString()).toBe('hush');
  await expect(kms!.decrypt('kms:wrap', sealed, 'ghijkl prfSecret')).rejects.toMatchObject({ code: 'kms_refused' });
});

test('many are asked for a few at a time', async () => {
  const kms = access.kms!;
  const sealed = await kms.encrypt('kms:wrap', Buffer.from('hush'), 'a');
  const { promise, resolve } = Promise.withResolvers<void>();
  fake.held = promise;
  const all = Array.from({ length: 100 }, () => kms.decrypt('kms:wrap', sealed, 'a'));
  await vi.waitFor(() => expect(fake.mostAtOnce).toBe(16));
  fake.held = undefined;
  resolve();
  expect((await Promise.all(all)).every((secret) => Buffer.from(secret).toString() === 'hush')).toBe(true);
  expect([fake.mostAtOnce, fake.asked.length]).toEqual([16, 101]);
});

test('once the service refuses, those in line for that key are not asked for, and who comes later is', async () => {
  const kms = access.kms!;
  const sealed = await kms.encrypt('kms:wrap', Buffer.from('hush'), 'a');
  const { promise, resolve } = Promise.withResolvers<void>();
  fake.held = promise;
  const open = () => kms.decrypt('kms:wrap', sealed, 'a');
  const all = Array.from({ length: 100 }, () => open());
  const pair = kms.publicKey('kms:pair');
  await vi.waitFor(() => expect(fake.mostAtOnce).toBe(16));
  fake.refuse = { status: 400, type: 'DisabledException' };
  fake.held = undefined;
  resolve();
  const ends = await Promise.allSettled([...all, pair]);
  expect(new Set(ends.map((end) => end.status === 'rejected' && end.reason.code))).toEqual(new Set(['kms_refused']));
  expect(fake.asked.toSorted()).toEqual([...Array(16).fill('Decrypt wrap'), 'Encrypt wrap', 'GetPublicKey pair']);
  fake.refuse = undefined;
  expect(Buffer.from(await open()).toString()).toBe('hush');
});

test('what one of many does not open, the others do', async () => {
  const kms = access.kms!;
  const sealed = await kms.encrypt('kms:wrap', Buffer.from('hush'), 'a');
  const ends = await Promise.allSettled(
    Array.from({ length: 40 }, (_, at) => kms.decrypt('kms:wrap', sealed, at === 3 ? 'b' : 'a')),
  );
  expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(1);
});

test.each([
  [400, 'AccessDeniedException', 'kms_refused', false],
  [400, 'NotFoundException', 'kms_refused', false],
  [400, 'KMSInvalidStateException', 'kms_refused', false],
])('%i %s is %s, and nothing of the service’s own words is told', async (status, type, code, heals) => {
  fake.refuse = { status, type };
  const error: unknown = await access.kms!.publicKey('kms:pair').catch((error: unknown) => error);
  expect(error).toMatchObject({ name: 'Fault', code, heals });
  expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('secret word');
});

test('a service that is not there heals', async () => {
  const kms = createKms({ region: 'eu-central-1', endpoint: 'http://127.0.0.1:1' });
  await expect(kms.publicKey('kms:pair')).rejects.toMatchObject({ code: 'kms_unreachable', heals: true });
});
