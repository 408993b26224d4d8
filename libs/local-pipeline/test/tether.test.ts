import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';

const fixture = (name: string): string => resolve(import.meta.dirname, 'fixtures', `${name}.ts`);
const tether = resolve(import.meta.dirname, '../src/tether.ts');

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'masque-tether-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function until(look: () => boolean): Promise<void> {
  while (!look()) await sleep(10);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('whose owner is killed stops by itself, in order', async () => {
  const path = await folder();
  const owner = spawn(process.execPath, [fixture('owner'), fixture('tethered'), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(owner.stdout, 'data')) as [Buffer];
  const pid = Number(said);
  await until(() => existsSync(join(path, 'running')));
  expect(isAlive(pid)).toBe(true);
  owner.kill('SIGKILL');
  await until(() => !isAlive(pid));
  expect(existsSync(join(path, 'stopped'))).toBe(true);
});

test('a stage, which knows nothing of it, stops as well', async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  const main = resolve(import.meta.dirname, '../../../apps/loader/src/main.ts');
  const owner = spawn(process.execPath, [fixture('owner'), main], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { DATABASE_URL: 'postgres://127.0.0.1:1/none', REDIS_URL: 'redis://127.0.0.1:1', HTTP_PORT: String(port) },
  });
  const [said] = (await once(owner.stdout, 'data')) as [Buffer];
  const isUp = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await expect.poll(isUp, { timeout: 10_000 }).toBe(true);
  owner.kill('SIGKILL');
  await until(() => !isAlive(Number(said)));
});

test('does not keep alive what has nothing left to do', async () => {
  const child = spawn(process.execPath, ['--import', tether, '-e', ''], { stdio: ['pipe', 'ignore', 'inherit'] });
  const [status] = (await once(child, 'exit')) as [number];
  expect(status).toBe(0);
});
