import { cp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { keyPaths } from '@masque/key-files';
import { readMaskFile, readMaskKeys } from '@masque/masking';
import { createOpener, createSealer, readSealPrivateKeys, readSealPublicKey } from '@masque/sealing';
import { describe, expect, test } from 'vitest';
import { verifyAudit } from '../src/audit.ts';
import { destroyKey, openUnmasker, promoteKey, retireKey, rotateKey } from '../src/index.ts';
import { everything, keysOf, kidOf, newKeys, pipeline, secretsOf, statusesOf, tokenIn } from './three-keys.ts';

const reason = 'a test';
/** One for each pair to seal with, one for the mask keys. */
const initEntries = 3;
const rsaKind = { use: 'mask', method: 'rsa' } as const;

describe('the life of a mask key', () => {
  test('PENDING, PRIMARY, ENABLED, DISABLED, DESTROYED: what is masked, what is opened, what is in the files', async () => {
    const dir = await newKeys();
    const old = await kidOf(dir, 'rsa');
    const oldToken = await tokenIn(dir, 'ip', '198.51.100.7');

    const made = await rotateKey({ dir, kind: rsaKind, reason });
    expect(made).toMatchObject({ use: 'mask', method: 'rsa', bits: 2048, status: 'PENDING' });
    expect(await tokenIn(dir, 'ip', '198.51.100.7')).toBe(oldToken);
    const pending = (await readMaskKeys(keyPaths(dir).masker.mask)).find(({ kid }) => kid === made.kid);
    expect(pending).toMatchObject({ status: 'PENDING' });

    expect(await promoteKey({ dir, kid: made.kid, reason })).toMatchObject({
      key: { kid: made.kid, status: 'PRIMARY' },
      from: 'PENDING',
      former: { kid: old },
    });
    const newToken = await tokenIn(dir, 'ip', '198.51.100.7');
    expect(newToken).toMatch(new RegExp(`^rsa1\\.${made.kid}\\.`));
    const both = await openUnmasker(dir, pipeline);
    for (const token of [oldToken, newToken]) {
      expect(await both.unmask(token)).toMatchObject({ field: 'ip', value: '198.51.100.7' });
    }

    await retireKey({ dir, kid: old, reason });
    const retired = await openUnmasker(dir, pipeline);
    await expect(retired.unmask(oldToken)).rejects.toMatchObject({ code: 'token_key_disabled' });
    expect(await retired.unmask(newToken)).toMatchObject({ value: '198.51.100.7' });
    await retireKey({ dir, kid: old, reason, undo: true });
    expect(await (await openUnmasker(dir, pipeline)).unmask(oldToken)).toMatchObject({ kid: old });
    await retireKey({ dir, kid: old, reason });

    const secrets = await secretsOf(dir, old);
    expect(secrets).toHaveLength(3);
    await destroyKey({ dir, kid: old, reason });
    await expect((await openUnmasker(dir, pipeline)).unmask(oldToken)).rejects.toMatchObject({
      code: 'token_key_destroyed',
    });
    const left = await everything(dir);
    expect(secrets.filter((secret) => left.includes(secret))).toEqual([]);
    expect((await keysOf(dir)).find(({ kid }) => kid === old)).toMatchObject({ status: 'DESTROYED', method: 'rsa' });
    expect((await readMaskFile(keyPaths(dir).custodian.mask)).refused).toEqual([
      { kid: old, method: 'rsa', status: 'DESTROYED' },
    ]);
    expect(await verifyAudit(dir)).toMatchObject({ entries: initEntries + 6 });
  });

  test('a change leaves files for their owner alone, and no other file', async () => {
    const dir = await newKeys();
    const before = (await readdir(dir, { recursive: true })).toSorted();
    const { kid } = await rotateKey({ dir, kind: rsaKind, reason });
    await promoteKey({ dir, kid, reason });
    const after = (await readdir(dir, { recursive: true })).toSorted();
    expect(after.filter((name) => !name.includes('audit'))).toEqual(before.filter((name) => !name.includes('audit')));
    for (const file of [keyPaths(dir).masker.mask, keyPaths(dir).custodian.mask, keyPaths(dir).custodian.unmask]) {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    }
  });

  test('what is not asked for is not touched: keys of other kinds, word for word', async () => {
    const dir = await newKeys();
    const entry = async (method: string): Promise<unknown> => {
      const { keys } = JSON.parse(await readFile(keyPaths(dir).masker.mask, 'utf8')) as { keys: { method: string }[] };
      return keys.filter((key) => key.method === method);
    };
    const before = await entry('siv');
    await rotateKey({ dir, kind: rsaKind, reason });
    expect(await entry('siv')).toEqual(before);
  });

  test.each([
    ['which of several', {}, 'key_kind_ambiguous'],
    ['one that is not there', { method: 'ff1' as const }, 'key_kind_unknown'],
    ['another size', { method: 'rsa' as const, bits: 4096 }, 'key_kind_unknown'],
  ])('rotate must be told %s', async (_, kind, code) => {
    const dir = await newKeys();
    const before = await everything(dir);
    await expect(rotateKey({ dir, kind, reason })).rejects.toMatchObject({ code, heals: false });
    expect(await everything(dir)).toBe(before);
  });

  test('one PENDING key at a time; a second one is refused by name', async () => {
    const dir = await newKeys();
    const { kid } = await rotateKey({ dir, kind: { method: 'siv' }, reason });
    await expect(rotateKey({ dir, kind: { method: 'siv' }, reason })).rejects.toMatchObject({
      code: 'key_pending',
      details: { kid },
    });
    await rotateKey({ dir, kind: { method: 'hmac' }, reason });
  });

  test('a way that does not exist is refused with the one that does, and nothing is written', async () => {
    const dir = await newKeys();
    const kid = await kidOf(dir, 'rsa');
    const before = await everything(dir);
    await expect(retireKey({ dir, kid, reason })).rejects.toMatchObject({
      code: 'key_status',
      message: `the key ${kid} is PRIMARY, and cannot become DISABLED from there`,
      advice: expect.stringContaining('Promote another'),
    });
    await expect(destroyKey({ dir, kid, reason })).rejects.toMatchObject({ code: 'key_status' });
    await expect(promoteKey({ dir, kid: 'aaaaaa', reason })).rejects.toMatchObject({ code: 'key_unknown' });
    expect(await everything(dir)).toBe(before);
  });

  test('given again, a command finds its work done, and records nothing', async () => {
    const dir = await newKeys();
    const { kid } = await rotateKey({ dir, kind: { method: 'siv' }, reason });
    await promoteKey({ dir, kid, reason });
    const before = await everything(dir);
    expect(await promoteKey({ dir, kid, reason })).toMatchObject({ from: 'PRIMARY', key: { status: 'PRIMARY' } });
    expect(await everything(dir)).toBe(before);
  });

  test('a promotion is taken back by promoting the former key', async () => {
    const dir = await newKeys();
    const old = await kidOf(dir, 'siv');
    const { kid } = await rotateKey({ dir, kind: { method: 'siv' }, reason });
    await promoteKey({ dir, kid, reason });
    await promoteKey({ dir, kid: old, reason });
    expect(await statusesOf(dir)).toContainEqual([kid, 'ENABLED']);
    expect(await tokenIn(dir, 'device', 'a')).toContain(old);
  });
});

describe('keys to seal with', () => {
  test.each(['seal', 'quarantine'] as const)(
    '%s: the new one opens before it seals, the old one after',
    async (use) => {
      const dir = await newKeys();
      const { extractor, masker, custodian } = keyPaths(dir);
      const [publicFile, privateFile] =
        use === 'seal'
          ? [extractor.sealPublic, masker.sealPrivate]
          : [masker.quarantinePublic, custodian.quarantinePrivate];
      const seal = async (): Promise<Buffer> =>
        createSealer(await readSealPublicKey(publicFile)).seal([Buffer.from('a')], 'x');
      const open = async (sealed: Buffer): Promise<string> =>
        String(await createOpener(await readSealPrivateKeys(privateFile)).open(sealed, 'x'));
      const old = await seal();
      const { kid } = await rotateKey({ dir, kind: { use }, reason });
      expect((await readSealPrivateKeys(privateFile)).map((key) => key.kid)).toContain(kid);
      expect((await readSealPublicKey(publicFile)).kid).not.toBe(kid);
      const { former } = await promoteKey({ dir, kid, reason });
      expect((await readSealPublicKey(publicFile)).kid).toBe(kid);
      expect([await open(old), await open(await seal())]).toEqual(['a', 'a']);
      await retireKey({ dir, kid: former?.kid ?? '', reason });
      await expect(open(old)).rejects.toMatchObject({ code: 'seal_key_unknown' });
      await destroyKey({ dir, kid: former?.kid ?? '', reason });
      expect(await open(await seal())).toBe('a');
    },
  );
});

const refuse = (): Promise<void> => Promise.reject(new Error('not yet'));

describe('what stands in the way', () => {
  test('stops a change before anything is written or recorded', async () => {
    const dir = await newKeys();
    const { kid } = await rotateKey({ dir, kind: { method: 'siv' }, reason });
    const before = await everything(dir);
    await expect(promoteKey({ dir, kid, reason, allow: refuse })).rejects.toThrow('not yet');
    expect(await everything(dir)).toBe(before);
  });

  test('is an audit log that cannot be written: no key is made', async () => {
    const dir = await newKeys();
    await rm(join(dir, 'custodian', 'audit.jsonl'));
    await cp(join(dir, 'masker'), join(dir, 'custodian', 'audit.jsonl'), { recursive: true });
    await expect(rotateKey({ dir, kind: { method: 'siv' }, reason })).rejects.toMatchObject({
      code: 'audit_unwritable',
    });
    expect(await statusesOf(dir)).toHaveLength(3);
  });

  test('is what cannot be recorded elsewhere first: the files stay', async () => {
    const dir = await newKeys();
    const { kid } = await rotateKey({ dir, kind: { method: 'siv' }, reason });
    await expect(promoteKey({ dir, kid, reason, record: refuse })).rejects.toThrow('not yet');
    expect(await statusesOf(dir)).toContainEqual([kid, 'PENDING']);
  });

  test('is a folder without keys, or with a damaged file: nothing is written there', async () => {
    await expect(rotateKey({ dir: '/nowhere/none', kind: {}, reason })).rejects.toMatchObject({
      code: 'key_file_missing',
    });
    const dir = await newKeys();
    await cp(keyPaths(dir).custodian.unmask, keyPaths(dir).custodian.mask);
    const before = await everything(dir);
    await expect(rotateKey({ dir, kind: rsaKind, reason })).rejects.toMatchObject({ code: 'key_file_malformed' });
    expect(await everything(dir)).toBe(before);
  });
});

test('many changes at once are made one after the other', async () => {
  const dir = await newKeys();
  const kinds = [
    { method: 'rsa' },
    { method: 'siv' },
    { method: 'hmac' },
    { use: 'seal' },
    { use: 'quarantine' },
  ] as const;
  await Promise.all(kinds.map((kind) => rotateKey({ dir, kind, reason })));
  expect((await keysOf(dir)).filter(({ status }) => status === 'PENDING')).toHaveLength(kinds.length);
  expect((await readMaskKeys(keyPaths(dir).masker.mask)).filter(({ status }) => status === 'PENDING')).toHaveLength(3);
  expect(await verifyAudit(dir)).toEqual({ entries: initEntries + kinds.length });
});
