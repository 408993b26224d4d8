import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import { loadPipeline, toTarget } from '@masque/pipeline';
import { createInspector, type Inspector } from '@masque/postgres-sink';
import { createSqsSource } from '@masque/sqs-source';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ended, hasTerminal, lastLine, masque, type Running, startMasque } from './masque.ts';
import { type OwnFolder, ownFolder } from './own-folder.ts';

/** `npm start` in a folder of its own; every command below is given beside it and knows nothing but the folder. */
let folder: OwnFolder;
let listening: Running;
let local: Readonly<Record<string, string | undefined>>;
let inspector: Inspector;

const beside = (args: readonly string[], input = ''): Promise<Ended> => masque(args, { cwd: folder.path, input });
const environmentFile = (): string => join(folder.path, '.masque', 'local.env');

async function start(): Promise<Running> {
  const running = startMasque(['demo', '--listen'], { cwd: folder.path, env: folder.env });
  await running.whenSaid('Listening.');
  local = parseEnv(await readFile(environmentFile(), 'utf8'));
  return running;
}

beforeAll(async () => {
  folder = await ownFolder();
  listening = await start();
  inspector = createInspector({
    databaseUrl: local['DATABASE_URL'] ?? '',
    target: toTarget(await loadPipeline('user-logins')),
  });
});
afterAll(async () => {
  await listening[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const login = (over: object = {}): string =>
  JSON.stringify({
    user_id: randomUUID(),
    app_version: '2.3.0',
    device_type: 'android',
    ip: '198.51.100.7',
    locale: null,
    device_id: 'device of a test',
    ...over,
  });

async function whenRows(count: number): Promise<void> {
  while ((await inspector.rows()) < count) await sleep(5);
}

test('where the servers are is for this user alone', async () => {
  expect((await stat(environmentFile())).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder.path, '.masque'))).mode & 0o077).toBe(0);
  expect(Object.keys(local)).toEqual(expect.arrayContaining(['DATABASE_URL', 'REDIS_URL', 'SQS_QUEUE_URL']));
});

test('a message sent from another process is a row at once', async () => {
  const run = await beside(['send', '--file', '-', '--json'], login());
  const sent = performance.now();
  expect([run.status, lastLine(run)]).toEqual([0, { sent: 1 }]);
  await whenRows(1);
  expect(performance.now() - sent).toBeLessThan(1_000);
});

test('from the send to the row it takes well under a second', async () => {
  const source = createSqsSource({
    queueUrl: local['SQS_QUEUE_URL'] ?? '',
    endpoint: local['AWS_ENDPOINT_URL_SQS'] ?? '',
    visibilityTimeoutS: 30,
    waitS: 0,
  });
  const before = await inspector.rows();
  const took: number[] = [];
  for (let at = 0; at < 10; at += 1) {
    const began = performance.now();
    await source.send([login({ ip: `198.51.100.${at}` })]);
    await whenRows(before + at + 1);
    took.push(performance.now() - began);
  }
  source.close();
  const median = took.toSorted((a, b) => a - b)[5] ?? Infinity;
  console.info(`send to row: median ${median.toFixed(0)} ms, all ${took.map((ms) => ms.toFixed(0)).join(' ')}`);
  expect(median).toBeLessThan(500);
});

test('status says where messages are', async () => {
  expect((await beside(['send', '--file', '-'], 'not json')).status).toBe(0);
  while ((await inspector.counts()).quarantined.total < 1) await sleep(5);
  const run = await beside(['status', '--json']);
  const rows = await inspector.rows();
  expect([run.status, lastLine(run)]).toMatchObject([
    0,
    { pipeline: 'user-logins', postgres: { loaded: rows, quarantined: { total: 1, reasons: { not_json: 1 } } } },
  ]);
  const { stdout, stderr } = await beside(['status']);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^pipeline user-logins\n {2}SQS /);
  expect(stdout).toContain(`${rows} loaded, 1 quarantined`);
  // Every replica was looked at twice, so that every rate is a number.
  expect(stdout).toMatch(/extractor +1 of 1 working, \S+\/s received, \S+\/s deleted/);
  expect(stdout).not.toContain('unknown');
  // Piped, and so without colours.
  expect(stdout).not.toContain('\u001b');
});

test('status says what it cannot know, and the rest', async () => {
  const run = await masque(['status', '--json'], {
    cwd: folder.path,
    env: { ...folder.env, REDIS_URL: 'redis://127.0.0.1:1' },
  });
  expect(run.status).toBe(1);
  expect(run.stderr).toContain('Redis at 127.0.0.1:1 cannot be reached');
  expect(lastLine(run)).toMatchObject({
    sqs: { visible: expect.any(Number) },
    batches: { unknown: 'redis_unreachable' },
    postgres: { loaded: expect.any(Number) },
    perSecond: { deleted: null },
  });
});

test.skipIf(!hasTerminal)('status --watch draws over itself until it is interrupted', async () => {
  await using watching = startMasque(['status', '--watch', '1'], { cwd: folder.path, env: folder.env, columns: 140 });
  await watching.whenSaid('unknown/s received');
  // The second look has rates, over the first.
  await watching.whenSaid('0/s received');
  expect(watching.said()).toContain('\u001b[');
  watching.type('\u0003');
  expect((await watching.ended).status).toBe(0);
});

test('migrate finds nothing to do', async () => {
  expect(await beside(['migrate'])).toMatchObject({ status: 0, stdout: 'nothing to do\n', stderr: '' });
  const run = await beside(['migrate', '--json']);
  expect(lastLine(run)).toEqual({ applied: [], createdTable: false, widened: [] });
});

const audit = (): string => join(folder.path, '.masque', 'keys', 'custodian', 'audit.jsonl');
const recorded = async (): Promise<string[]> =>
  existsSync(audit()) ? (await readFile(audit(), 'utf8')).trimEnd().split('\n') : [];

describe('unmask', () => {
  let ip = '';
  let device = '';
  beforeAll(async () => {
    const [row] = await inspector.sample(1);
    [ip, device] = [String(row?.['masked_ip']), String(row?.['masked_device_id'])];
  });

  test('answers for several tokens, and has recorded who asked why, without values', async () => {
    const before = await recorded();
    const run = await beside(['unmask', ip, device, '--reason', 'a test']);
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(run.stdout).toBe('ip         198.51.100.7\ndevice_id  device of a test\n');
    const entries = await recorded();
    expect(entries).toHaveLength(before.length + 1);
    expect(JSON.parse(entries.at(-1) ?? '')).toMatchObject({
      verb: 'unmask',
      count: 2,
      reason: 'a test',
      fields: ['ip', 'device_id'],
    });
    expect(entries.at(-1)).not.toMatch(/198\.51|device of|rsa1/);
    expect((await stat(audit())).mode & 0o777).toBe(0o600);
    expect(await beside(['audit', 'verify'])).toMatchObject({ status: 0 });
  });

  test('as JSON', async () => {
    const run = await beside(['unmask', ip, '--field', 'ip', '--reason', 'a test', '--json']);
    expect(lastLine(run)).toEqual({ values: [{ field: 'ip', kid: ip.split('.')[1], value: '198.51.100.7' }] });
  });

  test('refuses, answers nothing and records nothing, when one of them is not right', async () => {
    const before = await recorded();
    const forged = ip.slice(0, -8) + (ip.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA');
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [[ip, '--field', 'device_id'], 83, /the token is of the field "ip", not of "device_id"/],
      [[ip.slice(0, 100)], 80, /^masque: this is no token\. .*a shorter one was cut off/],
      [[ip, '198.51.100.7'], 80, /^masque: token 2 of 2: this is no token/],
      [[forged], 82, /no masker made it with that key/],
      [[ip.replace(/\.\w{6}\./, '.aaaaaa.')], 84, /made with the key aaaaaa; the keys here are/],
    ];
    const runs = await Promise.all(cases.map(([args]) => beside(['unmask', ...args, '--reason', 'a test'])));
    for (const [at, { status, stdout, stderr }] of runs.entries()) {
      expect({ status, stdout, stderr }).toEqual({
        status: cases[at]?.[1],
        stdout: '',
        stderr: expect.stringMatching(cases[at]?.[2] ?? ''),
      });
      expect(stderr).not.toMatch(/198\.51|\n\s+at /);
    }
    expect(await recorded()).toEqual(before);
  });

  test('does not answer what cannot be recorded', async () => {
    // A folder in the log's place stops root as well.
    const keysDir = join(folder.path, 'keys-without-a-log');
    await cp(join(folder.path, '.masque', 'keys'), keysDir, { recursive: true });
    await rm(join(keysDir, 'custodian', 'audit.jsonl'), { force: true });
    await mkdir(join(keysDir, 'custodian', 'audit.jsonl'));
    const { status, stdout, stderr } = await masque(['unmask', ip, '--reason', 'a test'], {
      env: { MASQUE_KEYS_DIR: keysDir },
    });
    expect({ status, stdout }).toEqual({ status: 78, stdout: '' });
    expect(stderr).toMatch(/^masque: cannot write .*audit\.jsonl, so nothing is answered \(MASQUE_KEYS_DIR\)\. /);
    expect(stderr).not.toContain('198.51');
  });
});

test('a second start in the folder says that one runs, and disturbs it in nothing', async () => {
  const before = await readFile(environmentFile(), 'utf8');
  const { status, stderr } = await masque(['demo', '--listen'], { cwd: folder.path, env: folder.env });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^masque: another `npm start` or `masque demo --keep` runs on .*\.masque\. Use that one/m);
  expect(await readFile(environmentFile(), 'utf8')).toBe(before);
  const rows = await inspector.rows();
  await beside(['send', '--file', '-'], login());
  await whenRows(rows + 1);
});

test('Ctrl-C stops everything and takes the file along; the next start has the data and the keys', async () => {
  const rows = await inspector.rows();
  const [row] = await inspector.sample(1);
  await inspector.close();
  listening.signal('SIGINT');
  expect((await listening.ended).status).toBe(0);
  expect(listening.said()).not.toContain('\u001b');
  expect(await folder.processes()).toEqual([]);
  expect((await readdir(join(folder.path, '.masque'))).toSorted()).toEqual(['data', 'keys', 'logs']);
  expect((await readdir(folder.path)).toSorted()).toEqual(['.masque', 'keys-without-a-log']);
  const { status, stderr } = await beside(['status']);
  expect(status).toBe(78);
  expect(stderr).toContain('DATABASE_URL is not set');

  listening = await start();
  const run = await beside(['unmask', String(row?.['masked_ip']), '--reason', 'the same keys', '--json']);
  expect(lastLine(run)).toMatchObject({ values: [{ value: '198.51.100.7' }] });
  expect(lastLine(await beside(['status', '--json']))).toMatchObject({ postgres: { loaded: rows } });
});
