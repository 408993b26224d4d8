import { newBatchId } from '@masque/handoff';
import { expect, inject, test } from 'vitest';
import { createInbox, eventually, setup } from './bench.ts';
import { aLetter, parcels } from './letters.ts';

const { redisUrl } = inject('stack');

test('a lease is there for as long as it runs', async () => {
  const { queue, redis, prefix } = await setup(redisUrl);
  const batch = newBatchId();
  expect(await queue.leases.isLeased('post', batch)).toBe(false);
  await queue.leases.record('post', batch, 60_000);
  expect(await queue.leases.isLeased('post', batch)).toBe(true);
  expect(await queue.leases.isLeased('night-post', batch)).toBe(false);
  expect(await redis.pttl(`${prefix}:post:lease:${batch}`)).toBeGreaterThan(55_000);
  await queue.leases.record('post', batch, 1);
  await eventually(
    () => queue.leases.isLeased('post', batch),
    (isLeased) => !isLeased,
  );
});

test('a batch is present while it waits, runs or is delayed in any of the queues, and not afterwards', async () => {
  const { queue, letters, consume } = await setup(redisUrl);
  const [waiting, done, further, unknown] = [aLetter(), aLetter(), aLetter(), newBatchId()];
  const present = () =>
    queue.leases.present('post', ['letters', 'parcels'], [waiting.batch, done.batch, further.batch, unknown]);
  await letters.publish(done);
  await letters.publish(waiting);
  await queue.publisher(parcels, 'post').publish({ ...further, grams: 1 });
  expect(await present()).toEqual(new Set([waiting.batch, done.batch, further.batch]));
  const inbox = createInbox<string>();
  await consume({
    concurrency: 1,
    handle: async ({ batch }) => {
      inbox.put(batch.batch);
      return batch.batch === done.batch ? 'done' : 'later';
    },
  });
  expect([await inbox.next(), await inbox.next()]).toEqual([done.batch, waiting.batch]);
  expect(await present()).toEqual(new Set([waiting.batch, further.batch]));
  expect(await queue.leases.present('post', ['letters'], [])).toEqual(new Set());
});
