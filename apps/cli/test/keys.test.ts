import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ended, hasTerminal, lastLine, masque, startMasque } from './masque.ts';

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

const closed = (): string => join(folder, 'closed');

function given(text: string) {
  return { env: { MASQUE_KEYS_DIR: closed(), MASQUE_PASSPHRASE: text } };
}

describe('with a passphrase', () => {
  test('no secret of the custodian stands open; the masker’s do, whose passphrase was not given', async () => {
    const run = await masque(['keys', 'init', '--json'], given('open sesame'));
    expect(lastLine(run)).toMatchObject({ closing: { custodian: 'passphrase', masker: 'open' } });
    const unmask = await readFile(join(closed(), 'custodian', 'unmask.json'), 'utf8');
    expect(unmask).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    expect(await masque(['keys', 'check'], given('open sesame'))).toMatchObject({ status: 0 });
  });

  test('a wrong one, and none, have a status of their own, and write nothing', async () => {
    const before = await readFile(join(closed(), 'custodian', 'mask.json'));
    const rotate = ['keys', 'rotate', '--reason', 'a test'];
    const [wrong, none] = [
      await masque(rotate, given('open sesamE')),
      await masque(rotate, { env: { MASQUE_KEYS_DIR: closed() } }),
    ];
    expect(wrong).toMatchObject({
      status: 77,
      stdout: '',
      stderr: expect.stringContaining('does not open the key file'),
    });
    expect(none).toMatchObject({ status: 77, stdout: '', stderr: expect.stringContaining('and none is given') });
    expect(`${wrong.stderr}${none.stderr}`).not.toMatch(/sesam|\n\s+at /);
    expect(await readFile(join(closed(), 'custodian', 'mask.json'))).toEqual(before);
  });

  test.skipIf(!hasTerminal)(
    'asked for in a terminal: twice for new keys, once to use them, and never shown',
    async () => {
      const dir = join(folder, 'asked');
      const run = async (args: string[], ...typed: [string, string][]): Promise<Ended> => {
        await using running = startMasque(args, { columns: 80, env: { MASQUE_KEYS_DIR: dir } });
        for (const [question, answer] of typed) {
          await running.whenSaid(question);
          running.type(`${answer}\r`);
        }
        // Before it is disposed of.
        return await running.ended;
      };
      const mistyped = await run(['keys', 'init'], ['empty for none', 'open sesame'], ['again', 'open sesamE']);
      expect(mistyped.status).toBe(1);
      await expect(readdir(dir)).rejects.toThrow('ENOENT');
      const right = await run(['keys', 'init'], ['empty for none', 'open sesaX\u007fme'], ['again', 'open sesame']);
      expect(right.status).toBe(0);
      const checked = await run(['keys', 'check'], ['Passphrase of custodian/', 'open sesame']);
      expect(checked).toMatchObject({ status: 0, stdout: expect.stringContaining('keys sound') });
      for (const { stdout } of [mistyped, right, checked]) expect(stdout).not.toContain('sesa');
    },
  );
});
