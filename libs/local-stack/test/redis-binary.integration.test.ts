import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startReaper } from '../src/reaper-link.ts';
import { findRedis, type RedisBinary } from '../src/redis-binary.ts';
import { descendants, eventually, isAlive, isEmpty, ownFolder, pathWithoutRedis, startOwner } from './own.ts';

const hasApt = existsSync('/usr/bin/apt-get');

interface Finding {
  readonly fetched: string[];
  readonly find: () => Promise<RedisBinary>;
}

function setup(env: Readonly<Record<string, string>>): Finding {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const link = startReaper();
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await link.end();
  });
  const fetched: string[] = [];
  const temporary = ownFolder();
  const log = join(temporary, 'log');
  return { fetched, find: () => findRedis({ link, temporary, log, onFetch: (detail) => fetched.push(detail) }) };
}

function program(folder: string, name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const says = (version: string): string => `echo "Redis server v=${version} sha=0 malloc=libc bits=64 build=0"`;

test('takes the first on PATH that is new enough', async () => {
  const folder = ownFolder();
  const old = ownFolder();
  program(old, 'redis-server', says('6.0.16'));
  program(folder, 'redis-server', 'exit 127');
  const valkey = program(folder, 'valkey-server', says('8.1.0'));
  const { find, fetched } = setup({ PATH: `${old}:${folder}:/usr/bin:/bin`, XDG_CACHE_HOME: ownFolder() });
  const found = await find();
  // A machine with a Redis of its own answers that one.
  expect([valkey, '/usr/bin/redis-server', '/bin/redis-server']).toContain(found.command);
  expect(fetched).toEqual([]);
});

test('says how to install it where it cannot be had', async () => {
  const folder = ownFolder();
  program(folder, 'dnf', 'exit 1');
  const { find } = setup({ PATH: folder, XDG_CACHE_HOME: ownFolder() });
  await expect(find()).rejects.toMatchObject({ code: 'redis_missing', advice: 'Install it: sudo dnf install valkey' });
});

describe.runIf(hasApt)('without one on PATH', () => {
  test('two at once fetch it, a third finds it, and one that no longer runs is fetched again', async () => {
    const cache = ownFolder();
    const env = { PATH: pathWithoutRedis(), XDG_CACHE_HOME: cache };
    const findings = [setup(env), setup(env)];
    const [one, other] = await Promise.all(findings.map(({ find }) => find()));
    expect(other).toEqual(one);
    expect(one?.command.startsWith(cache)).toBe(true);
    expect(readdirSync(join(cache, 'masque'))).toHaveLength(1);
    const command = one?.command ?? '';
    expect(execFileSync(command, ['--version'], { env: one?.env ?? {}, encoding: 'utf8' })).toMatch(/v=\d/);
    const third = setup(env);
    expect(await third.find()).toEqual(one);
    expect(third.fetched).toEqual([]);

    // One that no longer runs is fetched again.
    writeFileSync(command, '');
    const { find, fetched } = setup(env);
    expect((await find()).command).toBe(command);
    expect(fetched).toContain('redis-server');
  });

  test('an owner killed while it fetches leaves no apt and nothing in the cache', async () => {
    const cache = ownFolder();
    const env = { PATH: pathWithoutRedis(), XDG_CACHE_HOME: cache };
    const owner = startOwner({ only: ['redis'], finish: 'wait' }, { env });
    await eventually(() => owner.errors().includes('fetching'), 'fetching');
    await eventually(() => descendants(owner.pid).length > 1, 'apt running');
    const all = descendants(owner.pid);
    process.kill(owner.pid, 'SIGKILL');
    await eventually(() => !all.some(isAlive), 'every process gone');
    await eventually(() => isEmpty(join(cache, 'masque')), 'the cache clean');
    await eventually(() => isEmpty(owner.temporary), 'the temporary folder gone');
    expect(all.some(isAlive)).toBe(false);
  });
});
