import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyAccess, type KeyAccess, keyPaths } from '@masque/key-files';
import { createMasker, readMaskKeys } from '@masque/masking';
import { createOpener, createSealer, quarantineContext, readSealPrivateKeys, readSealPublicKey } from '@masque/sealing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  checkKeys,
  initKeys,
  openOriginKeys,
  openQuarantineOpener,
  openUnmasker,
  promoteKey,
  rotateKey,
} from '../src/index.ts';
import { everything, kidOf, pipeline } from './three-keys.ts';

const reason = 'a test';
const passphrased = (text: string): KeyAccess =>
  createKeyAccess({ setting: 'MASQUE_PASSPHRASE_FILE', file: undefined, text });
const access = { custodian: passphrased('the custodian’s'), masker: passphrased('the masker’s') };
const wrong = { custodian: passphrased('the Custodian’s'), masker: passphrased('the Masker’s') };

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'masque-custody-'));
  await initKeys(dir, pipeline, { access, closing: { custodian: 'passphrase', masker: 'passphrase' } });
});
afterAll(() => rm(dir, { recursive: true }));

async function tokenOf(keysOf: KeyAccess): Promise<string> {
  const keys = await readMaskKeys(keyPaths(dir).masker.mask, { access: keysOf });
  const [token] = createMasker({ mask: pipeline.mask, keys }).mask('ip', ['198.51.100.7']);
  return typeof token === 'string' ? token : '';
}

test('no secret is in any file as it is', async () => {
  const text = await everything(dir);
  expect(text).not.toMatch(/BEGIN (RSA )?PRIVATE KEY|"(prfSecret|secret|privateKey)": "[\w-]{43}"/);
  expect(text.match(/BEGIN ENCRYPTED PRIVATE KEY/g)).toHaveLength(1);
});

test('each role opens its own with its own, and all of it works together', async () => {
  const token = await tokenOf(access.masker);
  const unmasker = await openUnmasker(dir, pipeline, access.custodian);
  expect(await unmasker.unmask(token)).toMatchObject({ field: 'ip', value: '198.51.100.7' });
  const { extractor, masker } = keyPaths(dir);
  const batch = await createSealer(await readSealPublicKey(extractor.sealPublic)).seal([Buffer.from('a')], 'x');
  const opener = createOpener(await readSealPrivateKeys(masker.sealPrivate, { access: access.masker }));
  expect(String(await opener.open(batch, 'x'))).toBe('a');
  const body = await createSealer(await readSealPublicKey(masker.quarantinePublic)).seal(
    [Buffer.from('b')],
    quarantineContext(pipeline.name, 'm-1'),
  );
  const open = await openQuarantineOpener(dir, pipeline, access.custodian);
  expect(String(await open(body, 'm-1'))).toBe('b');
  const origin = { id: 'm-1', sentAt: 1 };
  const signed = (await openOriginKeys(dir, pipeline, access.custodian)).sign(origin);
  expect((await openOriginKeys(dir, pipeline, access.custodian)).verify(signed)).toEqual(origin);
  expect((await checkKeys(dir, { access })).findings).toEqual([]);
});

test('the masker’s passphrase opens nothing of the custodian’s, nor the other way round', async () => {
  await expect(openUnmasker(dir, pipeline, access.masker)).rejects.toMatchObject({ code: 'passphrase_wrong' });
  await expect(tokenOf(access.custodian)).rejects.toMatchObject({ code: 'passphrase_wrong' });
  expect((await checkKeys(dir)).findings.map(({ code }) => code)).toEqual(Array(5).fill('passphrase_missing'));
});

test('a wrong passphrase changes nothing, and nothing is recorded', async () => {
  const before = await everything(dir);
  const kid = await kidOf(dir, 'siv');
  for (const given of [wrong, { ...access, custodian: wrong.custodian }, { ...access, masker: wrong.masker }, {}]) {
    const rotation = rotateKey({ dir, kind: { method: 'siv' }, reason, access: given });
    await expect(rotation).rejects.toMatchObject({ code: expect.stringMatching(/^passphrase_(wrong|missing)$/) });
    const promotion = promoteKey({ dir, kid: kid.replace(/./g, 'a'), reason, access: given });
    await expect(promotion).rejects.toMatchObject({ heals: false });
  }
  expect(await everything(dir)).toBe(before);
});

test.each(['rsa', 'siv'] as const)('the next key is closed as the one before it: %s', async (method) => {
  const { kid } = await rotateKey({ dir, kind: { method }, reason, access });
  expect(await everything(dir)).not.toMatch(/BEGIN PRIVATE KEY|"(prfSecret|secret|privateKey)": "[\w-]{43}"/);
  await promoteKey({ dir, kid, reason, access });
  const unmasker = await openUnmasker(dir, pipeline, access.custodian);
  expect(await unmasker.unmask(await tokenOf(access.masker))).toMatchObject({ value: '198.51.100.7' });
  expect((await checkKeys(dir, { access })).findings).toEqual([]);
});
