import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from '../src/lock.ts';

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'masque-lock-'));
  file = join(dir, 'a.lock');
});
afterEach(() => rm(dir, { recursive: true }));

const dead = 999_999_999;

test('one at a time, also where many find the lock of a process that is gone', async () => {
  await writeFile(file, `${dead} ${hostname()}`);
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, (inside += 1));
    await new Promise((turn) => setImmediate(turn));
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 30 }, () => withLock(file, work)));
  expect(most).toBe(1);
  expect(await readdir(dir)).toEqual([]);
});

test('it is free again when the work has failed', async () => {
  await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(file, () => readFile(file, 'utf8'))).toBe(`${process.pid} ${hostname()}`);
});
