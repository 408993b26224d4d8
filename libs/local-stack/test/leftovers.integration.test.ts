import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { descendants, eventually, isAlive, isEmpty, type Owner, startOwner } from './own.ts';

const small = { durable: false, only: ['redis', 'sqs'] } as const;

async function leavesNothing(owner: Owner, pids: readonly number[]): Promise<void> {
  await eventually(() => !pids.some(isAlive), 'every process gone');
  await eventually(() => isEmpty(owner.temporary), 'temporary folder gone');
  expect(pids.some(isAlive)).toBe(false);
}

describe('an owner leaves nothing', () => {
  test('when it is killed', async () => {
    const owner = startOwner({ durable: false, finish: 'wait' });
    const { pids } = await owner.report();
    const all = descendants(owner.pid);
    expect(pids).toHaveLength(3);
    // The reaper, the three, and what PostgreSQL forked.
    expect(all.length).toBeGreaterThan(4);
    expect(all).toEqual(expect.arrayContaining([...pids]));
    expect(isEmpty(owner.temporary)).toBe(false);
    process.kill(owner.pid, 'SIGKILL');
    await leavesNothing(owner, all);
  });

  test.each(['SIGTERM', 'SIGHUP'] as const)('when it gets %s and does not handle it', async (signal) => {
    const owner = startOwner({ ...small, finish: 'wait' });
    const { pids } = await owner.report();
    process.kill(owner.pid, signal);
    expect(await owner.exit()).toEqual([null, signal]);
    await leavesNothing(owner, pids);
  });

  test.each([
    ['fall-off-the-end', 0],
    ['exit', 3],
    ['throw', 1],
  ] as const)('when it ends by: %s', async (finish, code) => {
    const owner = startOwner({ ...small, finish });
    const { pids } = await owner.report();
    expect(await owner.exit()).toEqual([code, null]);
    await leavesNothing(owner, pids);
  });

  // Fetching, initdb, starting: wherever it happens to be.
  test.each([40, 150, 300, 450])('when it is killed %i ms after its first child', async (delayMs) => {
    const owner = startOwner({ durable: false, finish: 'wait' });
    await eventually(() => descendants(owner.pid).length > 0, 'a child');
    await sleep(delayMs);
    const all = descendants(owner.pid);
    process.kill(owner.pid, 'SIGKILL');
    expect(await owner.exit()).toEqual([null, 'SIGKILL']);
    await leavesNothing(owner, all);
  });

  test('of its servers when its reaper is killed', async () => {
    const owner = startOwner({ durable: false, finish: 'wait' });
    const { pids } = await owner.report();
    const [reaper = 0] = descendants(owner.pid);
    process.kill(reaper, 'SIGKILL');
    await eventually(() => !pids.some(isAlive), 'every server gone');
    expect(isAlive(owner.pid)).toBe(true);
  });

  test('when a server is frozen and cannot obey', { timeout: 30_000 }, async () => {
    const owner = startOwner({ ...small, finish: 'wait' });
    const { pids } = await owner.report();
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    process.kill(owner.pid, 'SIGKILL');
    expect(await owner.exit()).toEqual([null, 'SIGKILL']);
    await leavesNothing(owner, pids);
  });
});

test('after stop() there is nothing left to wait for', async () => {
  const owner = startOwner({ ...small, finish: 'stop' });
  const { pids } = await owner.report();
  expect(await owner.exit()).toEqual([0, null]);
  expect(pids.some(isAlive)).toBe(false);
  expect(isEmpty(owner.temporary)).toBe(true);
});

test('Ctrl-C reaches the owner alone, so that it can drain while its servers still run', async () => {
  const owner = startOwner({ ...small, finish: 'drain-on-ctrl-c' });
  const { pids } = await owner.report();
  process.kill(-owner.pid, 'SIGINT');
  expect(await owner.exit()).toEqual([0, null]);
  expect(owner.output()).toContain('drained');
  await leavesNothing(owner, pids);
});
