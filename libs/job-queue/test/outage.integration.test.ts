import { once } from 'node:events';
import { Fault } from '@masque/fault';
import { type LocalStack, startLocalStack } from '@masque/local-stack';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { createInbox, eventually, setup } from './bench.ts';
import { aLetter, letters } from './letters.ts';

/** A Redis of its own: this one is killed. */
let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack({ only: ['redis'], durable: false });
});
afterAll(() => stack.stop());
beforeEach(() => stack.redis.start());

async function faultOf(action: Promise<unknown>): Promise<Fault> {
  const thrown = await action.catch((error: unknown) => error);
  if (thrown instanceof Fault) return thrown;
  throw new Error('no fault was thrown');
}

test('while Redis is away a publish fails at once; afterwards it works, with the same publisher', async () => {
  const { queue, letters: publisher, consume, depth } = await setup(stack.redis.url);
  await publisher.publish(aLetter());
  await stack.redis.kill();
  const began = Date.now();
  const letter = aLetter({ photo: Buffer.from('bytes') });
  for (const each of [aLetter(), letter, aLetter(), letter, aLetter()]) {
    expect(await faultOf(publisher.publish(each))).toMatchObject({ code: 'redis_unreachable', heals: true });
  }
  expect(await faultOf(depth())).toMatchObject({ code: 'redis_unreachable' });
  const bornInTheDark = queue.publisher(letters, 'night-post');
  expect(await faultOf(bornInTheDark.publish(aLetter()))).toMatchObject({ code: 'redis_unreachable' });
  expect(Date.now() - began).toBeLessThan(1_000);

  await stack.redis.start();
  await queue.check();
  await publisher.publish(letter);
  await bornInTheDark.publish(aLetter());
  // Nothing of what failed arrives later: only what was said to be published is there.
  expect(await depth()).toMatchObject({ waiting: 1 });
  expect((await queue.depth('night-post', ['letters']))['letters']).toMatchObject({ waiting: 1 });
  expect(await photoTaken(consume)).toEqual(letter.photo);
});

/** What a consumer that starts now is handed with the first letter. */
async function photoTaken(consume: Awaited<ReturnType<typeof setup>>['consume']): Promise<Buffer | undefined> {
  const photos = createInbox<Buffer | undefined>();
  await consume({
    handle: async ({ batch }) => {
      photos.put(batch.photo);
      return 'done';
    },
  });
  return photos.next();
}

test('while Redis is full neither bytes nor job are there; once there is room they both are', async () => {
  const { letters: publisher, consume, redis, contents, depth } = await setup(stack.redis.url);
  const letter = aLetter({ photo: Buffer.from('bytes') });
  onTestFinished(async () => void (await redis.config('SET', 'maxmemory', '0')));
  await redis.config('SET', 'maxmemory', '1');
  expect(await faultOf(publisher.publish(letter))).toMatchObject({ code: 'redis_full', heals: true });
  expect([...(await contents()).keys()].filter((key) => key.includes(letter.batch))).toEqual([]);
  await redis.config('SET', 'maxmemory', '0');
  expect(await depth()).toMatchObject({ waiting: 0 });
  await publisher.publish(letter);
  expect(await photoTaken(consume)).toEqual(letter.photo);
});

test('a consumer goes on after a restart of Redis, and after a flush', async () => {
  const { queue, letters: publisher, consume, redis } = await setup(stack.redis.url);
  const inbox = createInbox<string>();
  await consume({
    handle: async ({ batch }) => {
      inbox.put(batch.text);
      return 'done';
    },
  });
  await publisher.publish(aLetter({ text: 'before' }));
  expect(await inbox.next()).toBe('before');
  await stack.redis.kill();
  await stack.redis.start();
  await queue.check();
  await publisher.publish(aLetter({ text: 'after the restart' }));
  expect(await inbox.next()).toBe('after the restart');
  await redis.flushall();
  await publisher.publish(aLetter({ text: 'after the flush' }));
  expect(await inbox.next()).toBe('after the flush');
});

test.each(['done', 'later'] as const)(
  'a flush while a batch is handled (%s) is told as what it is, and costs nothing else',
  async (outcome) => {
    const { letters: publisher, consume, redis, depth, faults } = await setup(stack.redis.url);
    const [taken, release] = [createInbox<string>(), Promise.withResolvers<void>()];
    await consume({
      concurrency: 1,
      handle: async ({ batch }) => {
        taken.put(batch.text);
        if (batch.text !== 'flushed') return 'done';
        await release.promise;
        return outcome;
      },
    });
    await publisher.publish(aLetter({ text: 'flushed' }));
    await taken.next();
    await redis.flushall();
    release.resolve();
    await publisher.publish(aLetter({ text: 'next' }));
    expect(await taken.next()).toBe('next');
    await eventually(depth, (seen) => seen?.active === 0);
    // BullMQ tries to fail what it could not complete, and meets the same.
    expect(faults.length).toBeGreaterThan(0);
    for (const fault of faults)
      expect(fault).toMatchObject({ code: 'job_lost', heals: true, details: { why: 'gone' } });
  },
);

test('an outage while a batch is handled: it is finished when Redis is back, or taken again', async () => {
  const { queue, letters: publisher, consume, depth } = await setup(stack.redis.url);
  const [taken, release] = [createInbox<string>(), Promise.withResolvers<void>()];
  await consume({
    concurrency: 1,
    handle: async ({ batch }) => {
      taken.put(batch.text);
      await release.promise;
      return 'done';
    },
  });
  await publisher.publish(aLetter({ text: 'one' }));
  await taken.next();
  await stack.redis.kill();
  release.resolve();
  await stack.redis.start();
  await queue.check();
  // Without persistence the job is gone with the process; SQS would show its messages again.
  await publisher.publish(aLetter({ text: 'two' }));
  await eventually(depth, (seen) => seen?.waiting === 0 && seen.active === 0);
  expect(taken.all).toEqual(['one', 'two']);
});

test('a stop while Redis is away, with nothing running, ends with kindness', async () => {
  const { consume } = await setup(stack.redis.url);
  const consumer = await consume({});
  await stack.redis.kill();
  const now = Date.now();
  expect(await consumer.stop({ kindUntil: now + 200, forceAt: now + 20_000 })).toEqual({ abandoned: 0 });
  expect(Date.now() - now).toBeLessThan(2_000);
});

test('a stop while Redis is away and a handler heeds its signal ends with kindness, though its batch can go nowhere', async () => {
  const { letters: publisher, consume } = await setup(stack.redis.url);
  const taken = createInbox<number>();
  const consumer = await consume({
    handle: async (_, signal) => {
      taken.put(1);
      await once(signal, 'abort');
      return 'later';
    },
  });
  await publisher.publish(aLetter());
  await taken.next();
  await stack.redis.kill();
  const now = Date.now();
  expect(await consumer.stop({ kindUntil: now + 200, forceAt: now + 20_000 })).toEqual({ abandoned: 0 });
  expect(Date.now() - now).toBeLessThan(2_000);
});

test('a stop while Redis is away and a handler runs ends by the deadline and says so', async () => {
  const { letters: publisher, consume } = await setup(stack.redis.url);
  const taken = createInbox<AbortSignal>();
  const consumer = await consume({
    handle: async (_, signal) => {
      taken.put(signal);
      return await new Promise<never>(() => {});
    },
  });
  await publisher.publish(aLetter());
  const signal = await taken.next();
  await stack.redis.kill();
  const now = Date.now();
  expect(await consumer.stop({ kindUntil: now + 100, forceAt: now + 400 })).toEqual({ abandoned: 1 });
  expect(Date.now() - now).toBeGreaterThanOrEqual(395);
  expect(Date.now() - now).toBeLessThan(2_000);
  expect(signal.aborted).toBe(true);
});

test('a consumer that starts while Redis is away waits for it, and can be stopped meanwhile', async () => {
  const { queue, letters: publisher } = await setup(stack.redis.url);
  await stack.redis.kill();
  const inbox = createInbox<string>();
  const open = () =>
    queue.consumer(letters, 'post', {
      concurrency: 1,
      handle: async ({ batch }) => {
        inbox.put(batch.text);
        return 'done';
      },
    });
  const [patient, stopped] = [open(), open()];
  const started = patient.start();
  const neverStarted = stopped.start();
  const now = Date.now();
  expect(await stopped.stop({ kindUntil: now + 50, forceAt: now + 100 })).toEqual({ abandoned: 0 });
  await neverStarted;
  await stack.redis.start();
  await started;
  await queue.check();
  await publisher.publish(aLetter({ text: 'at last' }));
  expect(await inbox.next()).toBe('at last');
  await patient.stop({ kindUntil: Date.now() + 1_000, forceAt: Date.now() + 2_000 });
});
