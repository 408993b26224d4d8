import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '@masque/fault';
import { uniqueName } from '@masque/local-stack/testing';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import type { Consumer, ConsumerOptions } from '../src/index.ts';
import { createJobQueue } from '../src/index.ts';
import { letters } from './letters.ts';

export const soon = () => ({ kindUntil: Date.now() + 2_000, forceAt: Date.now() + 3_000 });

/** A job queue with keys of its own on the Redis at `url`, a look into that Redis, and their end. */
export async function setup(url: string) {
  const prefix = uniqueName('jobs');
  const faults: Fault[] = [];
  const name = `${prefix}:test`;
  const queue = createJobQueue({ url, prefix, name, onFault: (fault) => faults.push(fault) });
  const redis = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
  redis.on('error', () => {});
  const consumers: Consumer[] = [];
  onTestFinished(async () => {
    await Promise.all(consumers.map((consumer) => consumer.stop(soon())));
    await queue.close();
    redis.disconnect();
  });

  await queue.check();
  return {
    queue,
    redis,
    prefix,
    faults,
    letters: queue.publisher(letters, 'post'),
    /** A consumer of letters that was started, and is stopped at the end of the test. */
    consume: async (options: Partial<ConsumerOptions<typeof letters>>): Promise<Consumer> => {
      const consumer = queue.consumer(letters, 'post', { concurrency: 2, handle: async () => 'done', ...options });
      consumers.push(consumer);
      await consumer.start();
      return consumer;
    },
    /** This queue's connections that Redis knows of; a check's own is gone a moment after it. */
    connections: async () => {
      const clients = String(await redis.client('LIST')).split('\n');
      return clients.filter((client) => client.includes(`name=${prefix}:`) && !client.includes(':check '));
    },
    depth: async () => (await queue.depth('post', ['letters']))['letters'],
    /** Everything under the prefix, as it can be read: `key → content`. */
    contents: async () => await contentsOf(redis, prefix),
  };
}

export async function contentsOf(redis: Redis, prefix: string): Promise<Map<string, string>> {
  const contents = new Map<string, string>();
  for (const key of await redis.keys(`${prefix}:*`)) {
    const type = await redis.type(key);
    const read: Readonly<Record<string, () => Promise<unknown>>> = {
      string: () => redis.get(key),
      hash: () => redis.hgetall(key),
      list: () => redis.lrange(key, 0, -1),
      set: () => redis.smembers(key),
      zset: () => redis.zrange(key, '0', '-1', 'WITHSCORES'),
      stream: () => redis.xrange(key, '-', '+'),
    };
    // Gone between the two commands.
    if (type !== 'none') contents.set(key.slice(prefix.length + 1), JSON.stringify(await read[type]?.()));
  }
  return contents;
}

/** What Redis holds has no events of its own to wait for. */
export async function eventually<T>(look: () => Promise<T>, isIt: (seen: T) => boolean): Promise<T> {
  const last = Date.now() + 15_000;
  for (;;) {
    const seen = await look();
    if (isIt(seen)) return seen;
    if (Date.now() > last) throw new Error(`last seen: ${JSON.stringify(seen)}`);
    await sleep(20);
  }
}

/** What arrives, in order: `next` waits for the one after the last that it gave. */
export function createInbox<T>() {
  const arrived: T[] = [];
  const waiting: ((value: T) => void)[] = [];
  return {
    all: arrived as readonly T[],
    put(value: T): void {
      arrived.push(value);
      waiting.shift()?.(value);
    },
    next: (() => {
      let given = 0;
      return async (): Promise<T> => {
        given += 1;
        const there = arrived[given - 1];
        return there ?? (await new Promise<T>((resolve) => waiting.push(resolve)));
      };
    })(),
  };
}
