import { chmod, cp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyPaths, type KeyPaths } from '@masque/key-files';
import { expect, test } from 'vitest';
import { checkKeys, promoteKey, rotateKey, tokenStartOf } from '../src/index.ts';
import { everything, keysOf, kidOf, newKeys, runKilled } from './three-keys.ts';

const reason = 'a test';

test('keys of every status, all as they should be; a folder of one role alone', async () => {
  const dir = await newKeys();
  const { kid } = await rotateKey({ dir, kind: { method: 'siv' }, reason });
  await promoteKey({ dir, kid, reason });
  await rotateKey({ dir, kind: { method: 'siv' }, reason });
  const before = await everything(dir);
  expect(await checkKeys(dir)).toMatchObject({ roles: ['extractor', 'masker', 'custodian'], findings: [] });
  expect(await everything(dir)).toBe(before);
  await rm(join(dir, 'custodian'), { recursive: true });
  await rm(join(dir, 'extractor'), { recursive: true });
  expect(await checkKeys(dir)).toMatchObject({ roles: ['masker'], findings: [] });
});

type Spoil = (paths: KeyPaths, other: KeyPaths) => Promise<unknown>;

test.each<[string, string, Spoil, string]>([
  ['open to others', 'masker/mask', ({ masker }) => chmod(masker.mask, 0o640), 'key_file_exposed'],
  ['cut off', 'custodian/unmask', ({ custodian }) => truncate(custodian.unmask, 300), 'key_file_malformed'],
  ['gone', 'masker/seal.private', ({ masker }) => rm(masker.sealPrivate), 'key_file_missing'],
  [
    'in another’s place',
    'custodian/mask',
    ({ custodian }) => cp(custodian.unmask, custodian.mask),
    'key_file_malformed',
  ],
  [
    'another installation’s',
    'masker/mask',
    ({ masker }, other) => cp(other.masker.mask, masker.mask),
    'key_files_disagree',
  ],
  [
    'another installation’s to seal with',
    'masker/quarantine.public',
    ({ masker }, other) => cp(other.masker.quarantinePublic, masker.quarantinePublic),
    'key_files_disagree',
  ],
  ['not for this pair', 'custodian/unmask', replacePrivateKey, 'key_pair_mismatch'],
  ['short of a key', 'custodian/unmask', withoutPrivateKeys, 'key_half_missing'],
  ['changed in its secret', 'masker/mask', anotherSecret, 'key_files_disagree'],
  ['without a description', 'keys.json', ({ description }) => rm(description), 'key_file_missing'],
])('a file that is %s is found: %s', async (_, where, spoil, code) => {
  const [dir, other] = [await newKeys(), await newKeys({ fresh: true })];
  // A signature would tell of most of it first (signing.test.ts).
  await rm(keyPaths(dir).custodian.sign);
  await spoil(keyPaths(dir), keyPaths(other));
  const { findings } = await checkKeys(dir);
  expect(findings).toContainEqual(expect.objectContaining({ where, code }));
  expect(JSON.stringify(findings)).not.toMatch(/BEGIN|[\w-]{43}/);
});

async function edit(file: string, change: (key: Record<string, string>) => unknown): Promise<void> {
  const content = JSON.parse(await readFile(file, 'utf8')) as { keys: Record<string, string>[] };
  await writeFile(file, JSON.stringify({ ...content, keys: content.keys.flatMap((key) => change(key) ?? []) }));
}

async function replacePrivateKey({ custodian }: KeyPaths, other: KeyPaths): Promise<void> {
  const { keys } = JSON.parse(await readFile(other.custodian.unmask, 'utf8')) as { keys: Record<string, string>[] };
  await edit(custodian.unmask, (key) => ({ ...key, privateKey: keys[0]?.['privateKey'] }));
}

async function withoutPrivateKeys({ custodian }: KeyPaths): Promise<void> {
  await edit(custodian.unmask, () => undefined);
}

async function anotherSecret({ masker }: KeyPaths): Promise<void> {
  await edit(masker.mask, (key) => (key['method'] === 'siv' ? { ...key, secret: 'A'.repeat(43) } : key));
}

test('an interrupted change is found, and named as what the next change mends', async () => {
  const dir = await newKeys();
  await runKilled([dir, 'rotate', '', 'write masker/mask']);
  expect((await checkKeys(dir)).findings).toContainEqual(expect.objectContaining({ code: 'key_change_interrupted' }));
  await rotateKey({ dir, kind: { use: 'seal' }, reason });
  expect((await checkKeys(dir)).findings).toEqual([]);
});

test('against masque.keys: fingerprints, retirement, keys of which nothing is here, a PRIMARY that is not recorded', async () => {
  const dir = await newKeys();
  const kid = await kidOf(dir, 'siv');
  const described = (await keysOf(dir)).find((key) => key.kid === kid);
  const record = { kid, method: 'siv', fingerprint: described?.fingerprint ?? '', retiredAt: null };
  const codes = async (...recorded: (typeof record)[]): Promise<string[]> =>
    (await checkKeys(dir, { recorded })).findings.map(({ code }) => code);
  expect(await codes(record)).toEqual([]);
  expect(await codes({ ...record, fingerprint: '0123456789abcdef' })).toEqual(['key_differs']);
  expect((await checkKeys(dir, { recorded: [{ ...record, retiredAt: 1 }] })).findings).toMatchObject([
    { code: 'key_differs' },
  ]);
  expect(await codes(record, { ...record, kid: 'aaaaaa' })).toEqual(['key_missing']);
  expect(await codes({ ...record, kid: 'aaaaaa' })).toEqual(['key_missing', 'key_unrecorded']);
});

test('how tokens of a key begin, where they name it', () => {
  const key = { kid: 'abcdef', use: 'mask', status: 'PRIMARY', fingerprint: '', created: '' } as const;
  expect(tokenStartOf({ ...key, method: 'rsa' })).toBe('rsa1.abcdef.');
  expect(tokenStartOf({ ...key, method: 'vault' })).toBe('vlt1.abcdef.');
  expect(tokenStartOf({ ...key, method: 'ff1' })).toBeUndefined();
  expect(tokenStartOf({ ...key, use: 'seal', method: 'hpke' })).toBeUndefined();
});
