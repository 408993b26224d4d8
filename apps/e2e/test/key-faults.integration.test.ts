import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyAccess, keyPaths } from '@masque/key-files';
import { initKeys, openSigner } from '@masque/keyring';
import type { StageName } from '@masque/local-pipeline';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { type FirstStart, prepareFirstStart } from '../src/first-start.ts';
import { install, swap } from '../src/installation.ts';
import { type Traffic, traffic } from '../src/logins.ts';
import { expectExactlyOnce } from '../src/placement.ts';
import { openWorld, type World } from '../src/world.ts';

const stack = inject('stack');

let first: FirstStart;
beforeAll(async () => {
  first = await prepareFirstStart(stack);
});
afterAll(() => first[Symbol.asyncDispose]());

const missing = async (file: string): Promise<void> => rm(file);
const folder = async (file: string): Promise<void> => {
  await rm(file);
  await mkdir(file);
};

describe.concurrent('a key file', () => {
  const rows = [
    ['masker', 'sealPrivate', 'is missing', missing, 'key_file_missing', /masque keys init/],
    ['masker', 'mask', 'is a folder', folder, 'key_file_unreadable', /masque keys init/],
    ['masker', 'mask', 'is group-readable', (file: string) => chmod(file, 0o640), 'key_file_exposed', /chmod 600/],
    ['masker', 'sealPrivate', 'is for all', (file: string) => chmod(file, 0o604), 'key_file_exposed', /chmod 600/],
    ['masker', 'mask', 'is cut short', (file: string) => truncate(file, 300), 'key_file_malformed', /Restore it/],
    ['masker', 'quarantinePublic', 'is missing', missing, 'key_file_missing', /masque keys init/],
    ['extractor', 'sealPublic', 'is missing', missing, 'key_file_missing', /masque keys init/],
    ['extractor', 'sealPublic', 'is a folder', folder, 'key_file_unreadable', /masque keys init/],
    [
      'extractor',
      'sealPublic',
      'is group-writable',
      (file: string) => chmod(file, 0o664),
      'key_file_exposed',
      /chmod 644/,
    ],
  ] as const;
  it.each(rows)('%s’s %s %s', async (stage, name, _, spoil, code, advice) => {
    const { keysDir, paths } = await first.keys.copy();
    const file = (paths[stage] as Readonly<Record<string, string>>)[name] ?? '';
    await spoil(file);
    expect(await first.expectRefusal(stage, { MASQUE_KEYS_DIR: keysDir })).toMatchObject({
      code,
      setting: 'MASQUE_KEYS_DIR',
      message: expect.stringContaining(file),
      advice: expect.stringMatching(advice),
    });
  });

  it.each([
    ['masker', 'mask', 'masker', 'sealPrivate'],
    ['masker', 'quarantinePublic', 'extractor', 'sealPublic'],
    ['extractor', 'sealPublic', 'masker', 'quarantinePublic'],
  ] as const)('%s’s %s and %s’s %s are swapped', async (stage, name, otherStage, otherName) => {
    const { keysDir, paths } = await first.keys.copy();
    const file = (paths[stage] as Readonly<Record<string, string>>)[name] ?? '';
    await swap(file, (paths[otherStage] as Readonly<Record<string, string>>)[otherName] ?? '');
    expect(await first.expectRefusal(stage, { MASQUE_KEYS_DIR: keysDir })).toMatchObject({
      code: 'key_file_malformed',
      message: expect.stringMatching(/holds no key of the kind that belongs there$/),
      advice: expect.stringMatching(/^Put each file back/),
    });
  });

  it.each([
    ['masker', 'mask', 'key_file_forged'],
    ['masker', 'quarantinePublic', 'key_file_forged'],
    ['extractor', 'sealPublic', 'key_file_forged'],
    ['masker', 'mask', 'key_file_unsigned'],
  ] as const)(
    '%s’s %s is an attacker’s, whose keys are all sound, where the signer is pinned: %s',
    async (stage, name, code) => {
      await using attacker = await install(first.pipeline);
      const { keysDir, paths } = await first.keys.copy();
      const fileIn = (files: typeof paths): string => (files[stage] as Readonly<Record<string, string>>)[name] ?? '';
      await cp(fileIn(attacker.paths), fileIn(paths));
      if (code === 'key_file_unsigned') await unsign(fileIn(paths));
      const signer = (await openSigner(first.keys.keysDir))?.publicKey ?? '';
      await using run = first.start(stage, { MASQUE_KEYS_DIR: keysDir, MASQUE_KEYS_SIGNER: signer });
      expect({ status: await run.ended, faults: run.faults() }).toMatchObject({
        status: 65,
        faults: [{ event: 'failed', code, setting: 'MASQUE_KEYS_SIGNER', heals: false }],
      });
      first.expectSeemly(run.said());
    },
  );

  const nobody = 65_534;
  it.skipIf(!canRunAs(nobody))('that this user may not read', async () => {
    const fault = await first.expectRefusal('masker', {}, { uid: nobody });
    expect(fault).toMatchObject({
      code: 'key_file_unreadable',
      advice: expect.stringContaining('this process runs as'),
    });
  });
});

it.each([
  ['wrong', 'open sesamE', 'passphrase_wrong'],
  ['missing', '', 'passphrase_missing'],
])('the masker’s passphrase is %s', async (_, given, code) => {
  const root = await mkdtemp(join(tmpdir(), 'masque-closed-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const setting = 'MASQUE_MASKER_PASSPHRASE_FILE';
  const masker = createKeyAccess({ setting, file: undefined, text: 'open sesame' });
  await initKeys(root, first.pipeline, { access: { masker }, closing: { masker: 'passphrase' } });
  const env = { MASQUE_KEYS_DIR: root, MASQUE_MASKER_PASSPHRASE: given };
  await using run = first.start('masker', env);
  expect({ status: await run.ended, faults: run.faults() }).toMatchObject({
    status: 77,
    faults: [{ event: 'failed', code, setting, heals: false }],
  });
  expect(run.said()).not.toContain('sesam');
  await using opened = first.start('masker', { ...env, MASQUE_MASKER_PASSPHRASE: 'open sesame' });
  await opened.whenReady();
});

async function unsign(file: string): Promise<void> {
  const content = JSON.parse(await readFile(file, 'utf8')) as object;
  await writeFile(file, JSON.stringify({ ...content, signature: undefined }));
}

/** Root reads everything, so another user has to try; from a checkout in a private folder it can't even start. */
function canRunAs(uid: number): boolean {
  try {
    execFileSync(process.execPath, ['-e', `require('fs').accessSync(${JSON.stringify(import.meta.filename)})`], {
      uid,
      gid: uid,
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

/** Nothing is loaded and nothing is lost while `wrong` is the masker's folder; all is well with the right one again. */
async function expectRefused(
  world: World,
  options: { readonly wrong: string; readonly code: string; readonly by: StageName; readonly earlier: Traffic },
): Promise<void> {
  const { wrong, code, by, earlier } = options;
  const sent = traffic(30);
  const masker = world.local.start('masker', { MASQUE_KEYS_DIR: wrong });
  await masker.whenReady();
  await world.send(sent.bodies);
  await world.until(code, async () => (await world.logs()).includes(`"code":"${code}"`));
  const refuser = world.local.processes.findLast(({ stage }) => stage === by);
  await world.until('not ready', async () => (await refuser?.waitingFor()) === code);
  await expectExactlyOnce(world, earlier);
  expect(await count(world)).toBe(sent.bodies.length);
  expect(await masker.stop()).toBe(0);

  await world.local.startAll({ extractor: 0, masker: 1, loader: 0 });
  await world.whenQuiet();
  await expectExactlyOnce(world, {
    bodies: [...earlier.bodies, ...sent.bodies],
    users: [...earlier.users, ...sent.users],
    bad: earlier.bad + sent.bad,
  });
  await world.until('ready again', async () => (await refuser?.waitingFor()) === undefined);
  first.expectSeemly(await world.logs());
}

describe.concurrent('keys that are good, but not these', () => {
  /** Short, so that what a wrong masker spoilt is received again within the test. */
  const visibilityTimeoutS = 4;

  it('to open batches: the masker says which it lacks, and they wait for it', async () => {
    await using other = await install(first.pipeline);
    await using world = await openWorld({ stack, visibilityTimeoutS, replicas: { extractor: 1, loader: 1 } });
    const earlier = { bodies: [], users: [], bad: 0 };
    await expectRefused(world, { wrong: other.keysDir, code: 'seal_key_unknown', by: 'masker', earlier });
    expect(await world.logs()).toMatch(/a batch is sealed to the key [a-z2-7]{6}, but the key here is [a-z2-7]{6}/);
  });

  it.each([
    ['under the same name', (theirs: string, ours: string) => theirs.replaceAll(kidIn(theirs), kidIn(ours))],
    ['under a name of its own, as another installation has it', (theirs: string) => theirs],
  ])('to mask, %s: the loader tells, and loads none of it', async (_, change) => {
    await using world = await openWorld({
      stack,
      visibilityTimeoutS,
      replicas: { extractor: 1, masker: 1, loader: 1 },
    });
    const earlier = traffic(20);
    await world.send(earlier.bodies);
    await world.whenQuiet();
    await world.local.processes.find(({ stage }) => stage === 'masker')?.stop();
    const wrong = await mixed(world, change);
    await expectRefused(world, { wrong, code: 'key_differs', by: 'loader', earlier });
  });
});

/** A masker's folder with the mask keys of another installation in it. */
async function mixed(world: World, change: (mask: string, own: string) => string): Promise<string> {
  await using other = await install(first.pipeline);
  const wrong = `${world.local.keysDir}-wrong`;
  await cp(world.local.keysDir, wrong, { recursive: true });
  const [theirs, ours] = await Promise.all(
    [other.paths, keyPaths(wrong)].map(({ masker }) => readFile(masker.mask, 'utf8')),
  );
  await writeFile(keyPaths(wrong).masker.mask, change(theirs ?? '', ours ?? ''));
  return wrong;
}
const kidIn = (mask: string): string => /"kid": "([a-z2-7]{6})"/.exec(mask)?.[1] ?? '';

/** Messages in SQS, wherever they are in it. */
async function count({ bundle }: World): Promise<number> {
  const { visible, inFlight, delayed } = await bundle.queues.counts(bundle.queueUrl);
  return visible + inFlight + delayed;
}
