import { createMetrics } from '@masque/observability';
import { expect, inject, test } from 'vitest';
import { createInbox, eventually, setup } from './bench.ts';
import { aLetter } from './letters.ts';

const { redisUrl } = inject('stack');

const standing = (waiting: number, active: number) => ({
  'masque_reader_backlog_batches{state="waiting"}': waiting,
  'masque_reader_backlog_batches{state="active"}': active,
  'masque_reader_backlog_batches{state="delayed"}': 0,
  masque_reader_in_flight_batches: active,
});

test('a stage tells how the queue it takes from stands: empty, filling, in hand, done', async () => {
  const { queue, letters, consume } = await setup(redisUrl);
  const taken = createInbox<() => void>();
  const consumer = await consume({
    concurrency: 1,
    async handle() {
      await new Promise<void>((resolve) => taken.put(resolve));
      return 'done';
    },
  });
  const metrics = createMetrics({ stage: 'reader', pipeline: 'post' });
  queue.expose(metrics, { pipeline: 'post', handoff: 'letters', stage: 'reader', consumer });
  const read = () =>
    metrics.figures([
      'masque_reader_backlog_batches',
      'masque_reader_oldest_batch_age_seconds',
      'masque_reader_drain_seconds',
      'masque_reader_in_flight_batches',
    ]);
  expect(await read()).toEqual({
    ...standing(0, 0),
    masque_reader_oldest_batch_age_seconds: 0,
    masque_reader_drain_seconds: 0,
  });

  const presence = queue.presence.announce({ pipeline: 'post', stage: 'reader', replica: 'a', state: () => 'working' });
  const added = Date.now();
  for (let at = 0; at < 3; at += 1) await letters.publish(aLetter());
  const finish = await taken.next();
  const full = await read();
  expect(full).toMatchObject(standing(2, 1));
  expect(full['masque_reader_oldest_batch_age_seconds']).toBeGreaterThan(0);
  expect(full['masque_reader_oldest_batch_age_seconds']).toBeLessThanOrEqual((Date.now() - added) / 1_000);
  // None has been finished yet, so there is no pace to go by.
  expect(full['masque_reader_drain_seconds']).toBe(Infinity);

  finish();
  const finishSecond = await taken.next();
  const going = await eventually(read, (seen) => (seen['masque_reader_drain_seconds'] ?? Infinity) < Infinity);
  expect(going).toMatchObject(standing(1, 1));
  expect(going['masque_reader_drain_seconds']).toBeGreaterThan(0);
  finishSecond();
  (await taken.next())();
  expect(await eventually(read, (seen) => seen['masque_reader_drain_seconds'] === 0)).toMatchObject(standing(0, 0));
  await presence.stop();
});

test('a delayed batch is the oldest when no other is older', async () => {
  const { queue, redis, prefix, letters, consume } = await setup(redisUrl);
  expect(await queue.oldest('post', ['letters', 'parcels'])).toEqual({ letters: undefined, parcels: undefined });
  await consume({ handle: async () => 'later' });
  const before = Date.now();
  await letters.publish(aLetter());
  await eventually(
    () => redis.zcard(`${prefix}:post.letters:delayed`),
    (delayed) => delayed === 1,
  );
  const { letters: oldest } = await queue.oldest('post', ['letters']);
  expect(oldest).toBeGreaterThanOrEqual(before);
  expect(oldest).toBeLessThanOrEqual(Date.now());
});
