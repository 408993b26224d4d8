import { chmod, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyPaths, writeDescription } from '@masque/key-files';
import { expect, onTestFinished, test } from 'vitest';
import {
  createOpener,
  createSealer,
  createSealKeys,
  generateSealKeys,
  readSealPrivateKey,
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
  const asMasker = createOpener([await readSealPrivateKey(masker.sealPrivate)]);
  const asCustodian = createOpener([await readSealPrivateKey(custodian.quarantinePrivate)]);
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
  expect((await readSealPublicKey(extractor.sealPublic)).kid).toBe((await readSealPrivateKey(masker.sealPrivate)).kid);
});

test('one file of an older set is enough to make none', async () => {
  const dir = await folder();
  const { extractor, masker, custodian } = keyPaths(dir);
  await writeSealKeys({ use: 'quarantine', public: masker.quarantinePublic, private: custodian.quarantinePrivate });
  await rm(custodian.quarantinePrivate);
  await expect(createSealKeys({ dir })).rejects.toMatchObject({ code: 'key_file_exists' });
  await expect(readSealPublicKey(extractor.sealPublic)).rejects.toMatchObject({ code: 'key_file_missing' });
  await expect(readSealPrivateKey(custodian.quarantinePrivate)).rejects.toMatchObject({ code: 'key_file_missing' });
});

test('files that must not be taken', async () => {
  const dir = await folder();
  await createSealKeys({ dir });
  const { extractor, masker } = keyPaths(dir);
  await expect(readSealPublicKey(masker.sealPrivate)).rejects.toMatchObject({ code: 'key_file_malformed' });
  await cp(extractor.sealPublic, join(dir, 'copy.json'));
  await chmod(join(dir, 'copy.json'), 0o600);
  await expect(readSealPrivateKey(join(dir, 'copy.json'))).rejects.toMatchObject({ code: 'key_file_malformed' });
  await chmod(masker.sealPrivate, 0o640);
  await expect(readSealPrivateKey(masker.sealPrivate)).rejects.toMatchObject({ code: 'key_file_exposed' });
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
    readSealPrivateKey(masker.sealPrivate),
    readSealPrivateKey(custodian.quarantinePrivate),
  ];
  for (const result of await Promise.allSettled(reading)) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'key_file_malformed' } });
  }
});

/** Each file in the other's place. */
async function swap(one: string, other: string): Promise<void> {
  await cp(one, `${one}.aside`);
  await cp(other, one);
  await cp(`${one}.aside`, other);
}
