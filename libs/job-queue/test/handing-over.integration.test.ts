import { Fault } from '@masque/fault';
import { newBatchId } from '@masque/handoff';
import { expect, inject, test } from 'vitest';
import type { Publisher } from '../src/index.ts';
import { createInbox, eventually, setup, soon } from './bench.ts';
import { aLetter, letters, newerLetters, parcels } from './letters.ts';

const { redisUrl } = inject('stack');

/** What BullMQ keeps of a queue, however many jobs went through it. */
const bookkeeping = new Set(
  ['meta', 'events', 'id', 'marker', 'stalled', 'stalled-check'].map((key) => `post.letters:${key}`),
);

test('a batch is handled once, as it was published, and nothing of it stays in Redis', async () => {
  const { letters, consume, contents, depth } = await setup(redisUrl);
  const inbox = createInbox<unknown>();
  await consume({
    handle: async (delivery) => {
      inbox.put(delivery);
      return 'done';
    },
  });
  const before = Date.now();
  const letter = aLetter({ text: 'SENTINEL' });
  await letters.publish(letter);
  expect(await inbox.next()).toEqual({ batch: letter, earlierTries: 0, addedAt: expect.any(Number) });
  expect((inbox.all[0] as { addedAt: number }).addedAt).toBeGreaterThanOrEqual(before - 1);
  await eventually(depth, (seen) => seen?.active === 0);
  const left = await contents();
  expect(new Set(left.keys()).difference(bookkeeping)).toEqual(new Set());
  expect([...left.values()].join('\n')).not.toContain('SENTINEL');
});

test('the events stream stays short, after a FLUSHALL and for whoever published first too', async () => {
  const { letters, consume, redis, prefix } = await setup(redisUrl);
  await consume({ concurrency: 8 });
  const events = `${prefix}:post.letters:events`;
  const publishMany = async (): Promise<void> => {
    for (let at = 0; at < 150; at += 1) await letters.publish(aLetter());
  };
  await publishMany();
  // Four events a job; `MAXLEN ~` trims by whole nodes of a hundred.
  expect(await redis.xlen(events)).toBeLessThanOrEqual(300);
  // As a flush would, but of this test's own keys only.
  await redis.del(events, `${prefix}:post.letters:meta`);
  await publishMany();
  expect(await redis.hget(`${prefix}:post.letters:meta`, 'opts.maxLenEvents')).toBe('100');
  expect(await redis.xlen(events)).toBeLessThanOrEqual(300);
});

test('a batch that is published twice is one job; once it is done it may come again', async () => {
  const { letters, consume, depth } = await setup(redisUrl);
  const letter = aLetter();
  await Promise.all([letters.publish(letter), letters.publish(letter)]);
  await letters.publish({ ...letter, text: 'changed' });
  expect(await depth()).toEqual({ waiting: 1, active: 0, delayed: 0 });
  const inbox = createInbox<string>();
  await consume({
    handle: async ({ batch }) => {
      inbox.put(batch.text);
      return 'done';
    },
  });
  expect(await inbox.next()).toBe('Dear Sir');
  await eventually(depth, (seen) => seen?.active === 0);
  await letters.publish(letter);
  expect(await inbox.next()).toBe('Dear Sir');
});

test('a handler that throws is tried again later, and none of the words reach Redis or the caller', async () => {
  const { letters, consume, contents, depth } = await setup(redisUrl);
  const told = createInbox<[Fault, { batch: string; tries: number }]>();
  const tries = createInbox<number>();
  const retried = Promise.withResolvers<void>();
  const failures: unknown[] = [
    new Fault('pg_busy', 'SENTINEL-1', { heals: true, details: { ip: 'SENTINEL-2' } }),
    new Error('SENTINEL-3', { cause: new Error('SENTINEL-4') }),
    'SENTINEL-5',
  ];
  await consume({
    handle: async ({ earlierTries }) => {
      tries.put(earlierTries);
      if (earlierTries < failures.length) throw failures[earlierTries];
      await retried.promise;
      return 'done';
    },
    onFault: (fault, job) => told.put([fault, job]),
  });
  const letter = aLetter();
  await letters.publish(letter);
  for (const expected of [0, 1, 2, 3]) expect(await tries.next()).toBe(expected);
  // The job is still there, with all that its three failures left.
  const left = await contents();
  expect([...left.keys()]).toContain(`post.letters:${letter.batch}`);
  expect([...left.values()].join('\n')).not.toContain('SENTINEL');
  expect(told.all.map(([fault, { tries }]) => [fault.code, tries])).toEqual([
    ['pg_busy', 1],
    ['internal', 2],
    ['internal', 3],
  ]);
  expect(told.all[0]?.[1].batch).toBe(letter.batch);
  retried.resolve();
  await eventually(depth, (seen) => seen?.active === 0);
  expect([...(await contents()).values()].join('\n')).not.toContain('SENTINEL');
});

test('callbacks that throw cost nothing but a report: the job is tried again, their words are kept out', async () => {
  const { letters, consume, contents, faults } = await setup(redisUrl);
  const tries = createInbox<number>();
  await consume({
    handle: async ({ earlierTries }) => {
      tries.put(earlierTries);
      if (earlierTries === 0) throw new Error('SENTINEL');
      return 'done';
    },
    onFault: () => {
      throw new Error('SENTINEL');
    },
  });
  await letters.publish(aLetter());
  await tries.next();
  expect(await tries.next()).toBe(1);
  expect([...(await contents()).values()].join('\n')).not.toContain('SENTINEL');
  expect(faults).toMatchObject([{ code: 'internal', message: 'unexpected Error' }]);
});

test('`later` delays without a fault', async () => {
  const { letters, consume, depth } = await setup(redisUrl);
  const tries = createInbox<number>();
  const faults: Fault[] = [];
  await consume({
    handle: async ({ earlierTries }) => {
      tries.put(earlierTries);
      return earlierTries < 2 ? 'later' : 'done';
    },
    onFault: (fault) => faults.push(fault),
  });
  await letters.publish(aLetter());
  for (const expected of [0, 1, 2]) expect(await tries.next()).toBe(expected);
  await eventually(depth, (seen) => seen?.active === 0 && seen.delayed === 0);
  expect(faults).toEqual([]);
});

test('past its deadline a batch is dropped if its work is in vain, and else handled all the same', async () => {
  const { letters, consume, contents } = await setup(redisUrl);
  const [handled, dropped] = [createInbox<string>(), createInbox<object>()];
  await consume({
    concurrency: 1,
    handle: async ({ batch }) => {
      handled.put(batch.text);
      return 'done';
    },
    isInVain: async ({ text }) => text !== 'leased',
    onDropped: (job) => dropped.put(job),
  });
  const late = aLetter({ text: 'late', deadline: Date.now() - 1 });
  await letters.publish(late);
  await letters.publish(aLetter({ text: 'leased', deadline: Date.now() - 1 }));
  await letters.publish(aLetter({ text: 'in time' }));
  expect(await dropped.next()).toEqual({ batch: late.batch, code: 'late' });
  expect([await handled.next(), await handled.next()]).toEqual(['leased', 'in time']);
  expect(dropped.all).toHaveLength(1);
  expect([...(await contents()).keys()]).not.toContain(`post.letters:${late.batch}`);
});

test('a batch whose own fault nothing mends is dropped at once, deadline or not', async () => {
  const { letters, consume, contents } = await setup(redisUrl);
  const dropped = createInbox<object>();
  const tries: number[] = [];
  await consume({
    handle: async ({ earlierTries }) => {
      tries.push(earlierTries);
      throw new Fault('seal_broken', 'SENTINEL', { heals: false });
    },
    isHopeless: ({ code }) => code === 'seal_broken',
    onDropped: (job) => dropped.put(job),
  });
  const letter = aLetter();
  await letters.publish(letter);
  expect(await dropped.next()).toEqual({ batch: letter.batch, code: 'seal_broken' });
  const left = await eventually(contents, (seen) => !seen.has(`post.letters:${letter.batch}`));
  expect(tries).toEqual([0]);
  expect([...left.values()].join('\n')).not.toContain('SENTINEL');
});

test('a job of a newer release is left to newer replicas, past its deadline too, and never dropped', async () => {
  const { queue, consume, depth } = await setup(redisUrl);
  const [told, dropped] = [createInbox<Fault>(), createInbox<object>()];
  const handled: unknown[] = [];
  const old = await consume({
    handle: async ({ batch }) => {
      handled.push(batch);
      return 'done';
    },
    isInVain: async () => true,
    onFault: (fault) => told.put(fault),
    onDropped: (job) => dropped.put(job),
  });
  const letter = { ...aLetter({ deadline: Date.now() - 1 }), lines: ['SENTINEL'] };
  await queue.publisher(newerLetters, 'post').publish(letter);
  for (let at = 0; at < 2; at += 1) {
    expect(await told.next()).toMatchObject({ code: 'handoff_version', heals: true });
  }
  expect(JSON.stringify(told.all)).not.toContain('SENTINEL');
  await old.stop(soon());
  expect((await depth())?.delayed).toBe(1);
  expect([handled, dropped.all]).toEqual([[], []]);

  const inbox = createInbox<object>();
  const newer = queue.consumer(newerLetters, 'post', {
    concurrency: 1,
    handle: async ({ batch }) => {
      inbox.put(batch);
      return 'done';
    },
  });
  await newer.start();
  expect(await inbox.next()).toMatchObject({ lines: ['SENTINEL'] });
  await newer.stop(soon());
});

test('a job that no release wrote is dropped, and the fault names the field and no value', async () => {
  const { letters: publisher, consume } = await setup(redisUrl);
  const [told, dropped] = [createInbox<Fault>(), createInbox<object>()];
  await consume({ onFault: (fault) => told.put(fault), onDropped: (job) => dropped.put(job) });
  const letter = aLetter({ text: { SENTINEL: 'SENTINEL' } as unknown as string });
  await publisher.publish(letter);
  expect(await dropped.next()).toEqual({ batch: letter.batch, code: 'handoff_shape' });
  const fault = await told.next();
  expect(fault.message).toBe('a job on post.letters breaks its contract at "text"');
});

function hoursAgo(hours: number): string {
  return String(Date.now() - hours * 3_600_000);
}

test('a job that no replica could read for twelve hours is dropped: SQS shows its messages since', async () => {
  const { queue, consume, redis, prefix, depth } = await setup(redisUrl);
  const [told, dropped] = [createInbox<Fault>(), createInbox<object>()];
  const [young, old] = [aLetter(), aLetter()];
  const newer = queue.publisher(newerLetters, 'post');
  for (const { batch, deadline } of [young, old])
    await newer.publish({ batch, pipeline: 'post', deadline, lines: ['SENTINEL'] });
  await redis.hset(`${prefix}:post.letters:${young.batch}`, 'timestamp', hoursAgo(11.9));
  await redis.hset(`${prefix}:post.letters:${old.batch}`, 'timestamp', hoursAgo(12.1));
  await consume({ onFault: (fault) => told.put(fault), onDropped: (job) => dropped.put(job) });
  expect(await dropped.next()).toEqual({ batch: old.batch, code: 'handoff_version' });
  await eventually(depth, (seen) => seen?.delayed === 1 && seen.active === 0 && seen.waiting === 0);
  expect(await redis.exists(`${prefix}:post.letters:${young.batch}`)).toBe(1);
  expect(dropped.all).toHaveLength(1);
});

test('depth counts what waits, runs and is delayed, queue by queue', async () => {
  const { queue, letters, consume } = await setup(redisUrl);
  const read = () => queue.depth('post', ['letters', 'parcels']);
  const none = { waiting: 0, active: 0, delayed: 0 };
  expect(await read()).toEqual({ letters: none, parcels: none });
  await queue.publisher(parcels, 'post').publish({ ...aLetter(), grams: 5 });
  for (const text of ['hold', 'hold', 'wait']) await letters.publish(aLetter({ text }));
  const [running, release] = [createInbox<number>(), Promise.withResolvers<void>()];
  await consume({
    concurrency: 2,
    handle: async ({ batch }) => {
      running.put(1);
      await release.promise;
      return batch.text === 'hold' ? 'done' : 'later';
    },
  });
  await running.next();
  await running.next();
  expect(await read()).toEqual({ letters: { waiting: 1, active: 2, delayed: 0 }, parcels: { ...none, waiting: 1 } });
  release.resolve();
  await eventually(read, (seen) => seen['letters']?.delayed === 1 && seen['letters'].active === 0);
});

test('pipelines and prefixes share nothing', async () => {
  const [one, other] = await Promise.all([setup(redisUrl), setup(redisUrl)]);
  await one.letters.publish(aLetter());
  expect(await other.depth()).toMatchObject({ waiting: 0 });
  expect(await one.queue.depth('parcel-post', ['letters'])).toMatchObject({ letters: { waiting: 0 } });
});

test('the publisher of one handoff takes no other’s batch', async () => {
  const { queue, letters: publisher } = await setup(redisUrl);
  const parcel = { batch: newBatchId(), pipeline: 'post', deadline: 0, grams: 5 };
  // Never called: what is looked at is the types.
  const attempts = [
    // @ts-expect-error a parcel is no letter
    () => publisher.publish(parcel),
    // @ts-expect-error nor is a letter of the next version
    () => publisher.publish({ batch: newBatchId(), pipeline: 'post', deadline: 0, lines: ['a'] }),
    // @ts-expect-error nor is a publisher of parcels one of letters
    (): Publisher<typeof letters> => queue.publisher(parcels, 'post'),
    () =>
      queue.consumer(letters, 'post', {
        concurrency: 1,
        // @ts-expect-error a letter has no weight
        handle: async ({ batch }) => (batch.grams > 0 ? 'done' : 'later'),
      }),
    // @ts-expect-error there are two outcomes
    () => queue.consumer(letters, 'post', { concurrency: 1, handle: async () => 'failed' }),
  ];
  expect(attempts).toHaveLength(5);
});
