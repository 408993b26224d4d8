import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ended, lastLine, masque } from './masque.ts';

let folder: string;
let made: Ended;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'masque-cli-keys-'));
  made = await masque(['keys', 'init', '--dir', join(folder, 'keys')]);
});
afterAll(() => rm(folder, { recursive: true }));

async function modes(dir: string): Promise<Record<string, string>> {
  const names = (await readdir(dir, { recursive: true })).toSorted();
  const entries = names.map(async (name) => [name, ((await stat(join(dir, name))).mode & 0o777).toString(8)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

test('keys init: folders by role, secrets for their owner alone', async () => {
  expect(made.status).toBe(0);
  expect(await modes(join(folder, 'keys'))).toEqual({
    custodian: '700',
    'custodian/audit.head': '600',
    'custodian/audit.jsonl': '600',
    'custodian/mask.json': '600',
    'custodian/quarantine.private.json': '600',
    'custodian/sign.private.json': '600',
    'custodian/unmask.json': '600',
    extractor: '700',
    'extractor/seal.public.json': '644',
    'keys.json': '644',
    masker: '700',
    'masker/mask.json': '600',
    'masker/quarantine.public.json': '644',
    'masker/seal.private.json': '600',
  });
});

test('it lists the keys, shows no secret, and says what to do next', async () => {
  const { stdout, stderr } = made;
  expect(stderr).toBe('');
  for (const use of ['seal', 'quarantine', 'mask']) {
    expect(stdout).toMatch(new RegExp(`^  [a-z2-7]{6}  ${use} +(rsa|hpke) +[0-9a-f]{16}$`, 'm'));
  }
  expect(stdout).toMatch(/What next:[^]*custodian\/[^]*masque migrate/);
  const files = [
    'custodian/unmask.json',
    'masker/mask.json',
    'masker/seal.private.json',
    'custodian/sign.private.json',
  ];
  const texts = await Promise.all(files.map((file) => readFile(join(folder, 'keys', file), 'utf8')));
  const secrets = texts.flatMap((text) => text.match(/(?<="(?:prfSecret|privateKey)": ")[^"]{20,}/g) ?? []);
  expect(secrets).toHaveLength(4);
  expect(secrets.filter((secret) => stdout.includes(secret))).toEqual([]);
});

test('a second time it replaces nothing, and says why', async () => {
  const file = join(folder, 'keys', 'custodian', 'unmask.json');
  const before = await readFile(file);
  const { status, stdout, stderr } = await masque(['keys', 'init', '--dir', join(folder, 'keys')]);
  expect({ status, stdout }).toEqual({ status: 78, stdout: '' });
  expect(stderr).toMatch(/^masque: the key file .*keys\.json is already there .*move it away, do not delete it\.\n$/);
  expect(await readFile(file)).toEqual(before);
});

test('MASQUE_KEYS_DIR says where, and --json what', async () => {
  const dir = join(folder, 'elsewhere');
  const run = await masque(['keys', 'init', '--json'], { env: { MASQUE_KEYS_DIR: dir } });
  expect(lastLine(run)).toMatchObject({
    dir,
    keys: [{ use: 'seal' }, { use: 'quarantine' }, { use: 'mask', bits: 3072 }],
  });
  expect(await readdir(dir)).toContain('keys.json');
});

test('a folder that cannot be made is named', async () => {
  const { status, stderr } = await masque(['keys', 'init', '--dir', '/dev/null/keys']);
  expect(status).toBe(78);
  expect(stderr).toMatch(
    /^masque: the key file \/dev\/null\/keys\/.* cannot be written \(ENOTDIR\) \(MASQUE_KEYS_DIR\)\./,
  );
});
