import { Fault } from '@masque/fault';
import type { DeleteFailure } from '@masque/sqs-source';
import { expect, onTestFinished, test } from 'vitest';
import { createLeaseKeeper } from '../src/lease-keeper.ts';

const away = new Fault('redis_unreachable', 'Redis is away', { heals: true });
const hour = 3_600_000;

interface World {
  /** Batches in some queue, or a Redis that is away. */
  present: string[] | Fault;
  failures: (receipts: readonly string[]) => DeleteFailure[];
}

/** A keeper of leases of ten minutes that looks all the time; `event` waits until it has done something. */
function setup(changes: Partial<World> = {}) {
  const world: World = { present: ['b-1'], failures: () => [], ...changes };
  const events: string[] = [];
  const waiters = new Map<string, () => void>();
  const tell = (event: string): void => {
    events.push(event);
    waiters.get(event)?.();
  };
  const keeper = createLeaseKeeper({
    pipeline: 'user-logins',
    visibilityTimeoutS: 600,
    handoffs: ['extracted', 'masked', 'settled'],
    everyMs: 1,
    leases: {
      async present(pipeline, handoffs, batches) {
        expect([pipeline, handoffs.length]).toEqual(['user-logins', 3]);
        tell('looked');
        if (world.present instanceof Fault) throw world.present;
        const { present } = world;
        return new Set(batches.filter((id) => present.includes(id)));
      },
      record: async (_, id, forMs) => tell(`recorded ${id} ${forMs}`),
      isLeased: async () => false,
    },
    source: {
      async extend(receipts, seconds) {
        tell(`extended ${receipts.join()} ${seconds}`);
        return world.failures(receipts);
      },
    },
    onExtended: (count) => tell(`counted ${count}`),
    onFault: ({ code }) => tell(code),
  });
  onTestFinished(() => keeper.stop());
  keeper.start();
  const event = (name: string): Promise<void> =>
    new Promise((resolve) => {
      waiters.set(name, resolve);
    });
  /** A batch of two messages, received so many minutes ago; two of ten are left at eight. */
  const watch = (minutes: number): void =>
    keeper.watch({ id: 'b-1', receipts: ['r-1', 'r-2'], receivedAt: Date.now() - minutes * 60_000, bytes: 9 });
  return { keeper, world, events, event, watch };
}

test('a batch past half of its lease is extended, and that is recorded', async () => {
  const { keeper, events, event, watch } = setup();
  watch(8);
  await event('recorded b-1 600000');
  expect(events).toEqual(['looked', 'extended r-1,r-2 600', 'counted 2', 'recorded b-1 600000']);
  expect(keeper.watched).toBe(1);
});

test('a batch before half of its lease is looked for and left alone', async () => {
  const { events, event, watch } = setup();
  watch(3);
  await event('looked');
  await event('looked');
  expect(new Set(events)).toEqual(new Set(['looked']));
});

test('a batch that is in no queue any more is forgotten, not extended', async () => {
  const { keeper, events, event, watch } = setup({ present: [] });
  watch(8);
  await event('looked');
  await new Promise(setImmediate);
  expect(keeper.watched).toBe(0);
  expect(events).toEqual(['looked']);
});

test('a lease that has run out is not extended: the messages may be somebody else’s', async () => {
  const { keeper, events, event, watch } = setup();
  watch(11);
  await event('looked');
  await new Promise(setImmediate);
  expect(keeper.watched).toBe(0);
  expect(events).toEqual(['looked']);
});

test('SQS hides nothing beyond twelve hours from its receive', async () => {
  const { keeper, events, event } = setup();
  // Extended up to now: its lease is that of a batch which was received just before half a lease ago.
  keeper.watch({ id: 'b-1', receipts: ['r-1'], receivedAt: Date.now() - 8 * 60_000, bytes: 9 });
  await event('recorded b-1 600000');
  const now = Date.now;
  onTestFinished(() => {
    Date.now = now;
  });
  for (let at = 0.1; at < 13 && keeper.watched > 0; at += 0.1) {
    Date.now = () => now() + at * hour;
    await event('looked');
    await new Promise(setImmediate);
  }
  const extensions = events.filter((each) => each.startsWith('extended')).length;
  expect(keeper.watched).toBe(0);
  expect(extensions).toBeGreaterThan(100);
  expect(Date.now() - now()).toBeLessThan(12 * hour);
});

test('what SQS did not extend for now is tried again, and no lease recorded until it is', async () => {
  let calls = 0;
  const { events, event, watch } = setup({
    failures: ([receipt = '']) => {
      calls += 1;
      return calls === 1 ? [{ receipt, code: 'ThrottlingException', final: false }] : [];
    },
  });
  watch(8);
  await event('recorded b-1 600000');
  expect(events.filter((each) => each !== 'looked')).toEqual([
    'extended r-1,r-2 600',
    'counted 1',
    'extended r-1,r-2 600',
    'counted 2',
    'recorded b-1 600000',
  ]);
});

test('a Redis that is away is told of, and watched for again', async () => {
  const { world, events, event, watch } = setup({ present: away });
  watch(8);
  await event('redis_unreachable');
  world.present = ['b-1'];
  await event('recorded b-1 600000');
  expect(events.slice(0, 2)).toEqual(['looked', 'redis_unreachable']);
});

test('what this replica settled is forgotten without a look', async () => {
  const { keeper, events, watch } = setup();
  watch(8);
  keeper.forget('b-1');
  keeper.stop();
  await new Promise(setImmediate);
  expect([keeper.watched, events]).toEqual([0, []]);
});

test('the mean size is that of the batches under way', () => {
  const { keeper } = setup();
  expect(keeper.meanBytes).toBe(0);
  for (const [id, bytes] of [
    ['b-1', 100],
    ['b-2', 300],
    ['b-3', 2_000],
  ] as const)
    keeper.watch({ id, receipts: [], receivedAt: Date.now(), bytes });
  expect(keeper.meanBytes).toBe(800);
  keeper.forget('b-3');
  expect(keeper.meanBytes).toBe(200);
});
