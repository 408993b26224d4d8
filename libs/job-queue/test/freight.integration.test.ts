import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import type { ConsumerOptions } from '../src/index.ts';
import { createInbox, eventually, setup } from './bench.ts';
import { aLetter, type letters } from './letters.ts';

const { redisUrl } = inject('stack');

const photo = Buffer.from([0, 255, 1, 254, 13, 10]);
/** As long as the first, so that nothing but what it says tells them apart. */
const other = Buffer.from('others');

/** What is in Redis of one batch: its job, and the bytes beside it. */
async function setupWithPhotos() {
  const world = await setup(redisUrl);
  const { redis, prefix, consume } = world;
  const keyOf = (batch: string): string => `${prefix}:post.letters:${batch}`;
  const [photos, dropped] = [createInbox<Buffer | undefined>(), createInbox<object>()];
  return {
    ...world,
    keyOf,
    photos,
    dropped,
    lies: async (batch: string) => await redis.exists(keyOf(batch), `${keyOf(batch)}:freight`),
    /** A consumer that keeps what it is handed. */
    take: (options: Partial<ConsumerOptions<typeof letters>> = {}) =>
      consume({
        onDropped: (job) => dropped.put(job),
        ...options,
        handle: async (delivery, signal) => {
          photos.put(delivery.batch.photo);
          return (await options.handle?.(delivery, signal)) ?? 'done';
        },
      }),
  };
}

/** What Redis does from now on, a line each. By hand: ioredis takes for replies what Redis tells between its own. */
async function monitor(onLine: (line: string) => void): Promise<void> {
  const { hostname, port } = new URL(redisUrl);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  const lines = createInterface({ input: socket });
  socket.write('MONITOR\r\n');
  await once(lines, 'line');
  lines.on('line', onLine);
}

test('bytes come as they were given, and go before their job does', async () => {
  const { letters, redis, keyOf, photos, take } = await setupWithPhotos();
  const letter = aLetter({ photo });
  const job = keyOf(letter.batch);
  const removed = createInbox<string>();
  await monitor((line) => {
    for (const [, key = ''] of line.matchAll(/"(?:del|unlink)" "([^"]+)"/gi)) {
      if (key === job || key === `${job}:freight`) removed.put(key);
    }
  });
  await letters.publish(letter);
  expect(await redis.hvalsBuffer(`${job}:freight`)).toEqual([photo]);
  expect(await redis.hget(job, 'data')).not.toContain(photo.toString('base64'));
  await take();
  expect(await photos.next()).toEqual(photo);
  expect([await removed.next(), await removed.next()]).toEqual([`${job}:freight`, job]);
});

test('a job is not added while its bytes are not there', async () => {
  const { letters, redis, keyOf, depth } = await setupWithPhotos();
  const letter = aLetter({ photo });
  // Nothing of ours can be stored where another's text is.
  await redis.set(`${keyOf(letter.batch)}:freight`, 'x');
  await expect(letters.publish(letter)).rejects.toMatchObject({ name: 'Fault' });
  expect(await depth()).toEqual({ waiting: 0, active: 0, delayed: 0 });
  await redis.del(`${keyOf(letter.batch)}:freight`);
  await letters.publish(letter);
  expect(await depth()).toMatchObject({ waiting: 1 });
});

test('bytes whose job was never added end by themselves, later than any job', async () => {
  const { letters, redis, prefix, keyOf } = await setupWithPhotos();
  const letter = aLetter({ photo });
  await redis.set(`${prefix}:post.letters:wait`, 'no list');
  await expect(letters.publish(letter)).rejects.toMatchObject({ name: 'Fault' });
  const hours = (await redis.pttl(`${keyOf(letter.batch)}:freight`)) / 3_600_000;
  expect(hours).toBeGreaterThan(12.9);
  expect(hours).toBeLessThanOrEqual(13);
});

test('a batch without bytes has no more than its job', async () => {
  const { letters, keyOf, redis, photos, take } = await setupWithPhotos();
  const letter = aLetter();
  await letters.publish(letter);
  expect(await redis.exists(`${keyOf(letter.batch)}:freight`)).toBe(0);
  await take();
  expect(await photos.next()).toBeUndefined();
});

test('a batch that is handed over again with other bytes leaves the first its own', async () => {
  const { letters, photos, take, lies, depth } = await setupWithPhotos();
  const letter = aLetter({ photo });
  await letters.publish(letter);
  await letters.publish({ ...letter, photo: other });
  expect(await depth()).toMatchObject({ waiting: 1 });
  await take();
  expect(await photos.next()).toEqual(photo);
  await eventually(
    () => lies(letter.batch),
    (keys) => keys === 0,
  );
  // And once it is done it may come again, as it is now.
  await letters.publish({ ...letter, photo: other });
  expect(await photos.next()).toEqual(other);
});

test('a batch that waits keeps its bytes, however often it is tried', async () => {
  const { letters, photos, take, lies } = await setupWithPhotos();
  const letter = aLetter({ photo });
  await letters.publish(letter);
  await take({
    handle: async ({ earlierTries }) => {
      if (earlierTries === 0) throw new Error('not yet');
      return earlierTries === 1 ? 'later' : 'done';
    },
  });
  for (let tries = 0; tries < 3; tries += 1) expect(await photos.next()).toEqual(photo);
  await eventually(
    () => lies(letter.batch),
    (keys) => keys === 0,
  );
});

describe('nothing of a batch that is dropped stays', () => {
  test.each<[string, Partial<ConsumerOptions<typeof letters>>, object]>([
    [
      'internal',
      {
        isHopeless: () => true,
        handle: async () => {
          throw new Error('SENTINEL');
        },
      },
      {},
    ],
    ['late', { isInVain: async () => true }, { deadline: 0 }],
    ['handoff_shape', {}, { text: 5 }],
  ])('%s', async (code, options, given) => {
    const { letters, dropped, take, lies } = await setupWithPhotos();
    const letter = aLetter({ photo, ...given });
    await letters.publish(letter);
    await take(options);
    expect(await dropped.next()).toEqual({ batch: letter.batch, code });
    await eventually(
      () => lies(letter.batch),
      (keys) => keys === 0,
    );
  });

  test('nor of one whose bytes are not those that it speaks of', async () => {
    const { letters, redis, keyOf, dropped, take, lies, photos } = await setupWithPhotos();
    const letter = aLetter({ photo });
    await letters.publish(letter);
    const key = `${keyOf(letter.batch)}:freight`;
    const [id = ''] = await redis.hkeys(key);
    await redis.hset(key, id, photo.subarray(1));
    await take();
    expect(await dropped.next()).toEqual({ batch: letter.batch, code: 'handoff_shape' });
    await eventually(
      () => lies(letter.batch),
      (keys) => keys === 0,
    );
    expect(photos.all).toEqual([]);
  });
});

test('a job whose bytes are gone was finished with: it is dropped, and the next is taken', async () => {
  const { letters, redis, keyOf, dropped, take, lies, photos } = await setupWithPhotos();
  const [finished, next] = [aLetter({ photo }), aLetter({ photo: other })];
  await letters.publish(finished);
  // As a worker leaves it that dies between the two.
  await redis.del(`${keyOf(finished.batch)}:freight`);
  await letters.publish(next);
  const faults: unknown[] = [];
  await take({ onFault: (fault) => faults.push(fault) });
  expect(await dropped.next()).toEqual({ batch: finished.batch, code: 'gone' });
  expect(await photos.next()).toEqual(other);
  await eventually(
    () => lies(finished.batch),
    (keys) => keys === 0,
  );
  expect([photos.all.length, faults]).toEqual([1, []]);
});
