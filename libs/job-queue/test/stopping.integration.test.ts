import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Fault } from '@masque/fault';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createInbox, eventually, setup, soon } from './bench.ts';
import { aLetter, letters } from './letters.ts';
import { quickStalls } from './quick-stalls.ts';

const { redisUrl } = inject('stack');

const aborted = async (signal: AbortSignal): Promise<void> => {
  if (!signal.aborted) await once(signal, 'abort');
};

test('a stop takes no more, lets what runs come to its end, and closes both connections', async () => {
  const { letters, consume, depth, connections } = await setup(redisUrl);
  const [taken, release] = [createInbox<string>(), Promise.withResolvers<void>()];
  const signals: AbortSignal[] = [];
  const before = await connections();
  const consumer = await consume({
    concurrency: 1,
    handle: async ({ batch }, signal) => {
      signals.push(signal);
      taken.put(batch.text);
      await release.promise;
      return 'done';
    },
  });
  expect((await connections()).length).toBe(before.length + 2);
  await letters.publish(aLetter({ text: 'first' }));
  await letters.publish(aLetter({ text: 'second' }));
  await taken.next();
  const stopped = consumer.stop({ kindUntil: Date.now() + 30_000, forceAt: Date.now() + 40_000 });
  expect(consumer.stop(soon())).toBe(stopped);
  release.resolve();
  expect(await stopped).toEqual({ abandoned: 0 });
  expect(signals.map((signal) => signal.aborted)).toEqual([false]);
  expect(taken.all).toEqual(['first']);
  expect(await depth()).toEqual({ waiting: 1, active: 0, delayed: 0 });
  await eventually(connections, (seen) => seen.length === before.length);
});

test('when kindness is over the signal is aborted, and a handler that heeds it leaves its batch to others', async () => {
  const { letters, consume, depth } = await setup(redisUrl);
  const taken = createInbox<AbortSignal>();
  const consumer = await consume({
    handle: async (_, signal) => {
      taken.put(signal);
      await aborted(signal);
      throw new Fault('stopping', 'stopping', { heals: true });
    },
  });
  await letters.publish(aLetter());
  const signal = await taken.next();
  expect(signal.aborted).toBe(false);
  const forceAt = Date.now() + 20_000;
  expect(await consumer.stop({ kindUntil: Date.now() + 50, forceAt })).toEqual({ abandoned: 0 });
  expect(signal.aborted).toBe(true);
  expect(Date.now()).toBeLessThan(forceAt - 10_000);
  expect(await depth()).toEqual({ waiting: 0, active: 0, delayed: 1 });
});

test('a handler that heeds nothing is abandoned on time, and its batch is taken by another', async () => {
  const { letters, consume } = await setup(redisUrl);
  const [taken, again] = [createInbox<string>(), createInbox<{ batch: string; earlierTries: number }>()];
  const stuck = await consume({
    ...quickStalls,
    handle: async ({ batch }) => {
      taken.put(batch.batch);
      return await new Promise<never>(() => {});
    },
  });
  const letter = aLetter();
  await letters.publish(letter);
  await taken.next();
  const forceAt = Date.now() + 100;
  expect(await stuck.stop({ kindUntil: Date.now() + 50, forceAt })).toEqual({ abandoned: 1 });
  expect(Date.now() - forceAt).toBeLessThan(500);
  await consume({
    ...quickStalls,
    handle: async ({ batch, earlierTries }) => {
      again.put({ batch: batch.batch, earlierTries });
      return 'done';
    },
  });
  expect(await again.next()).toEqual({ batch: letter.batch, earlierTries: 1 });
});

test('a stop before the start, and a start after the stop, do nothing', async () => {
  const { queue, connections } = await setup(redisUrl);
  const before = await connections();
  const consumer = queue.consumer(letters, 'post', { concurrency: 1, handle: async () => 'done' });
  expect(await consumer.stop(soon())).toEqual({ abandoned: 0 });
  await consumer.start();
  expect(await connections()).toHaveLength(before.length);
});

test('closing leaves no connection', async () => {
  const { queue, consume, letters, connections } = await setup(redisUrl);
  const consumer = await consume({});
  await letters.publish(aLetter());
  await consumer.stop(soon());
  expect(await connections()).not.toEqual([]);
  await queue.close();
  await eventually(connections, (seen) => seen.length === 0);
});

test('the batch of a worker that was killed is taken by another within lock and stall check', async () => {
  const { letters, consume, depth, prefix } = await setup(redisUrl);
  const path = fileURLToPath(new URL('./fixtures/worker.ts', import.meta.url));
  const doomed = spawn(process.execPath, [path, redisUrl, prefix], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void doomed.kill('SIGKILL'));
  const letter = aLetter();
  await letters.publish(letter);
  await once(doomed.stdout, 'data');

  const inbox = createInbox<{ batch: string; earlierTries: number; at: number }>();
  await consume({
    ...quickStalls,
    handle: async ({ batch: { batch }, earlierTries }) => {
      inbox.put({ batch, earlierTries, at: Date.now() });
      return 'done';
    },
  });
  expect(await depth()).toEqual({ waiting: 0, active: 1, delayed: 0 });
  const killedAt = Date.now();
  doomed.kill('SIGKILL');
  const { at, ...taken } = await inbox.next();
  expect(taken).toEqual({ batch: letter.batch, earlierTries: 1 });
  // 1,000 of the lock and 500 of the check; the rest is for a busy machine.
  expect(at - killedAt).toBeLessThan(3_000);
});
