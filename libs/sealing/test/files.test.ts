import { chmod, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyPaths, writeDescription, writeKeyFile } from '@masque/key-files';
import { expect, onTestFinished, test } from 'vitest';
import {
  createOpener,
  createSealer,
  createSealKeys,
  generateSealKeys,
  readSealPrivateKeys,
  readSealPublicKey,
  writeSealKeys,
} from '../src/index.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'masque-seal-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('made keys: the extractor seals for the masker, the masker for the custodian, and not otherwise', async () => {
  const dir = await folder();
  const described = await createSealKeys({ dir, created: new Date(0) });
  const { extractor, masker, custodian, description } = keyPaths(dir);
  const forMasker = createSealer(await readSealPublicKey(extractor.sealPublic));
  const forCustodian = createSealer(await readSealPublicKey(masker.quarantinePublic));
  const [batch, body] = [
    await forMasker.seal([Buffer.from('a')], 'x'),
    await forCustodian.seal([Buffer.from('b')], 'x'),
  ];
  const asMasker = createOpener(await readSealPrivateKeys(masker.sealPrivate));
  const asCustodian = createOpener(await readSealPrivateKeys(custodian.quarantinePrivate));
  expect(String(await asMasker.open(batch, 'x'))).toBe('a');
  expect(String(await asCustodian.open(body, 'x'))).toBe('b');
  await expect(asMasker.open(body, 'x')).rejects.toMatchObject({ code: 'seal_key_unknown' });

  expect(described).toMatchObject([
    { kid: forMasker.kid, use: 'seal', method: 'hpke', status: 'PRIMARY', created: '1970-01-01T00:00:00.000Z' },
    { kid: forCustodian.kid, use: 'quarantine' },
  ]);
  expect(new Set(described.map((key) => key.fingerprint)).size).toBe(2);
  await writeDescription(description, described);
  const { keys } = JSON.parse(await readFile(masker.sealPrivate, 'utf8')) as { keys: { privateKey: string }[] };
  expect(await readFile(description, 'utf8')).not.toContain(keys[0]?.privateKey);
});

test('keys that are there are not replaced unless asked', async () => {
  const dir = await folder();
  await createSealKeys({ dir });
  const before = await readFile(keyPaths(dir).masker.sealPrivate, 'utf8');
  await expect(createSealKeys({ dir })).rejects.toMatchObject({ code: 'key_file_exists' });
  expect(await readFile(keyPaths(dir).masker.sealPrivate, 'utf8')).toBe(before);
  await createSealKeys({ dir, overwrite: true });
  const { extractor, masker } = keyPaths(dir);
  expect((await readSealPublicKey(extractor.sealPublic)).kid).toBe(
    (await readSealPrivateKeys(masker.sealPrivate))[0]?.kid,
  );
});

test('one file of an older set is enough to make none', async () => {
  const dir = await folder();
  const { extractor, masker, custodian } = keyPaths(dir);
  await writeSealKeys({ use: 'quarantine', public: masker.quarantinePublic, private: custodian.quarantinePrivate });
  await rm(custodian.quarantinePrivate);
  await expect(createSealKeys({ dir })).rejects.toMatchObject({ code: 'key_file_exists' });
  await expect(readSealPublicKey(extractor.sealPublic)).rejects.toMatchObject({ code: 'key_file_missing' });
  await expect(readSealPrivateKeys(custodian.quarantinePrivate)).rejects.toMatchObject({ code: 'key_file_missing' });
});

test('files that must not be taken', async () => {
  const dir = await folder();
  await createSealKeys({ dir });
  const { extractor, masker } = keyPaths(dir);
  await expect(readSealPublicKey(masker.sealPrivate)).rejects.toMatchObject({ code: 'key_file_malformed' });
  await cp(extractor.sealPublic, join(dir, 'copy.json'));
  await chmod(join(dir, 'copy.json'), 0o600);
  await expect(readSealPrivateKeys(join(dir, 'copy.json'))).rejects.toMatchObject({ code: 'key_file_malformed' });
  await chmod(masker.sealPrivate, 0o640);
  await expect(readSealPrivateKeys(masker.sealPrivate)).rejects.toMatchObject({ code: 'key_file_exposed' });
});

test('keys that are none, and halves of two keys, are refused before anything is sealed', async () => {
  const [one, other] = [await generateSealKeys(), await generateSealKeys()];
  expect(() => createOpener([{ ...one, publicKey: other.publicKey }])).toThrow(
    expect.objectContaining({ code: 'seal_key_invalid', details: { kid: one.kid } }),
  );
  for (const publicKey of ['', 'AAAA', `${one.publicKey}A`, one.publicKey.slice(1), `${one.publicKey.slice(0, -1)}=`]) {
    expect(() => createSealer({ kid: one.kid, publicKey })).toThrow(
      expect.objectContaining({ code: 'seal_key_invalid' }),
    );
  }
});

test('a key for batches does not pass for one for quarantined bodies, nor the other way round', async () => {
  const dir = await folder();
  await createSealKeys({ dir });
  const { extractor, masker, custodian } = keyPaths(dir);
  await swap(extractor.sealPublic, masker.quarantinePublic);
  await swap(masker.sealPrivate, custodian.quarantinePrivate);
  const reading = [
    readSealPublicKey(extractor.sealPublic),
    readSealPublicKey(masker.quarantinePublic),
    readSealPrivateKeys(masker.sealPrivate),
    readSealPrivateKeys(custodian.quarantinePrivate),
  ];
  for (const result of await Promise.allSettled(reading)) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'key_file_malformed' } });
  }
});

test('of several keys the PRIMARY seals, and all that are not retired open', async () => {
  const dir = await folder();
  await createSealKeys({ dir });
  const { extractor, masker } = keyPaths(dir);
  const [old, next, gone] = [await generateSealKeys(), await generateSealKeys(), await generateSealKeys()];
  const created = '2026-01-01T00:00:00.000Z';
  const halves = [
    { ...old, status: 'ENABLED', created },
    { ...next, status: 'PRIMARY', created },
    { ...gone, status: 'DISABLED', created },
    { kid: 'aaaaaa', status: 'DESTROYED', created, fingerprint: '0123456789abcdef' },
  ];
  const publics = halves.map((half) => ({ ...half, privateKey: undefined }));
  const head = { version: 2, revision: 2 };
  const overwrite = true;
  await writeKeyFile(masker.sealPrivate, { ...head, role: 'seal.private', keys: halves }, { secret: true, overwrite });
  await writeKeyFile(
    extractor.sealPublic,
    { ...head, role: 'seal.public', keys: publics },
    { secret: false, overwrite },
  );
  expect((await readSealPublicKey(extractor.sealPublic)).kid).toBe(next.kid);
  expect((await readSealPrivateKeys(masker.sealPrivate)).map(({ kid }) => kid)).toEqual([old.kid, next.kid]);
  const none = { ...head, role: 'seal.public', keys: publics.filter((_, at) => at !== 1) };
  await writeKeyFile(extractor.sealPublic, none, { secret: false, overwrite });
  await expect(readSealPublicKey(extractor.sealPublic)).rejects.toMatchObject({ code: 'key_file_malformed' });
});

/** Each file in the other's place. */
async function swap(one: string, other: string): Promise<void> {
  await cp(one, `${one}.aside`);
  await cp(other, one);
  await cp(`${one}.aside`, other);
}
