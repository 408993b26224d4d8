import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { keyPaths } from '@masque/key-files';
import { readMaskKeys } from '@masque/masking';
import { readSealPrivateKeys, readSealPublicKey } from '@masque/sealing';
import { expect, test } from 'vitest';
import { checkKeys, openSigner, promoteKey, rotateKey, signKeys } from '../src/index.ts';
import { newKeys } from './three-keys.ts';

const reason = 'a test';

async function signerOf(dir: string): Promise<string> {
  return (await openSigner(dir))?.publicKey ?? '';
}

/** Every file that a stage reads, read as a stage does that knows its signer. */
function readings(dir: string, signer: string): Promise<unknown>[] {
  const { extractor, masker } = keyPaths(dir);
  return [
    readSealPublicKey(extractor.sealPublic, { signer }),
    readSealPublicKey(masker.quarantinePublic, { signer }),
    readSealPrivateKeys(masker.sealPrivate, { signer }),
    readMaskKeys(masker.mask, { signer }),
  ];
}

async function codesOf(all: Promise<unknown>[]): Promise<(string | undefined)[]> {
  const settled = await Promise.allSettled(all);
  return settled.map((one) => (one.status === 'rejected' ? (one.reason as { code: string }).code : undefined));
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, 'utf8')));
}

test('what the custodian has made and changed is taken', async () => {
  const dir = await newKeys();
  const signer = await signerOf(dir);
  expect(await codesOf(readings(dir, signer))).toEqual(Array(4).fill(undefined));
  const { kid } = await rotateKey({ dir, kind: { method: 'rsa' }, reason });
  await promoteKey({ dir, kid, reason });
  expect(await codesOf(readings(dir, signer))).toEqual(Array(4).fill(undefined));
});

test('another’s keys in the place of each file, made and signed by themselves', async () => {
  const [dir, attacker] = [await newKeys(), await newKeys({ fresh: true })];
  const signer = await signerOf(dir);
  for (const folder of ['masker', 'extractor']) {
    await cp(`${attacker}/${folder}`, `${dir}/${folder}`, { recursive: true, force: true });
  }
  expect(await codesOf(readings(dir, signer))).toEqual(Array(4).fill('key_file_forged'));
  // Without a pinned signer they pass: that is what pinning is for.
  await Promise.all(readings(dir, await signerOf(attacker)));
});

test('the attacker’s public key alone, under the kid, the secret and the signature of the real one', async () => {
  const [dir, attacker] = [await newKeys(), await newKeys({ fresh: true })];
  const [ours, theirs] = [keyPaths(dir).masker.mask, keyPaths(attacker).masker.mask];
  const key = /"publicKey": "[^"]+"/;
  const [theirKey = ''] = key.exec(await readFile(theirs, 'utf8')) ?? [];
  await edit(ours, (text) => text.replace(key, () => theirKey));
  expect(await readMaskKeys(ours)).toHaveLength(3);
  await expect(readMaskKeys(ours, { signer: await signerOf(dir) })).rejects.toMatchObject({
    code: 'key_file_forged',
    heals: false,
    setting: 'MASQUE_KEYS_SIGNER',
  });
});

test.each<[string, (text: string) => string]>([
  ['a status', (text) => text.replace('PRIMARY', 'ENABLED')],
  ['the revision', (text) => text.replace('"revision": 1', '"revision": 2')],
  [
    'the signature',
    (text) => text.replace(/"signature": "(.)/, (_, first) => `"signature": "${first === 'A' ? 'B' : 'A'}`),
  ],
  ['the signature, cut off', (text) => text.replace(/"signature": "(.{20})[^"]*"/, '"signature": "$1"')],
])('changed after it was signed: %s', async (_, change) => {
  const dir = await newKeys();
  await edit(keyPaths(dir).masker.mask, change);
  await expect(readMaskKeys(keyPaths(dir).masker.mask, { signer: await signerOf(dir) })).rejects.toMatchObject({
    code: 'key_file_forged',
  });
});

test('white space is no change, and a missing signature has a fault of its own', async () => {
  const dir = await newKeys();
  const { mask } = keyPaths(dir).masker;
  const signer = await signerOf(dir);
  await edit(mask, (text) => JSON.stringify(JSON.parse(text)));
  await readMaskKeys(mask, { signer });
  await edit(mask, (text) => JSON.stringify({ ...(JSON.parse(text) as object), signature: undefined }));
  await expect(readMaskKeys(mask, { signer })).rejects.toMatchObject({ code: 'key_file_unsigned' });
  expect((await checkKeys(dir)).findings).toMatchObject([{ where: 'masker/mask', code: 'key_file_unsigned' }]);
});

test('a signer that is none, or of another kind of key', async () => {
  const dir = await newKeys();
  for (const signer of ['', 'x', 'A'.repeat(42), `${await signerOf(dir)}=`]) {
    await expect(readMaskKeys(keyPaths(dir).masker.mask, { signer })).rejects.toMatchObject({
      code: 'signer_malformed',
    });
  }
});

function keysIn(text: string): unknown {
  return (JSON.parse(text) as { keys: unknown }).keys;
}

test('a folder of a release that did not sign is signed, and its keys are what they were', async () => {
  const dir = await newKeys();
  const { masker, custodian } = keyPaths(dir);
  await rm(custodian.sign);
  const before = await readFile(masker.mask, 'utf8');
  await edit(masker.mask, (text) => JSON.stringify({ version: 1, role: 'mask', keys: keysIn(text) }));
  const signer = await signKeys(dir, reason);
  await Promise.all(readings(dir, signer));
  expect(keysIn(await readFile(masker.mask, 'utf8'))).toEqual(keysIn(before));
  expect(await signKeys(dir, reason)).toBe(signer);
});
