import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { retry } from '@masque/fault';
import { defineHandoff, batchEnvelope, newBatchId, queueName } from '@masque/handoff';
import { createJobQueue } from '@masque/job-queue';
import { z } from 'zod';
import { defineMishap, type Mishap } from '../mishap.ts';
import { watchReceives } from '../receives.ts';

const flushed = defineMishap({
  name: 'redis:flush',
  strikes: ['redis'],
  draw: (random) => ({ times: random.between(1, 3) }),
  async run({ redis }, { times }) {
    const keys: number[] = [];
    for (let at = 0; at < times; at += 1) {
      if (at > 0) await sleep(300);
      keys.push(await redis.dbsize());
      await redis.flushall();
    }
    return `took ${keys.join(', ')} keys`;
  },
});

const emptied = defineMishap({
  name: 'redis:empty-restart',
  strikes: ['redis'],
  draw: (random, scale) => ({ ms: Math.round(random.between(200, 3_000) * scale) }),
  async run({ stack, redis }, { ms }) {
    const [, folder = ''] = await redis.config('GET', 'dir');
    await stack.redis.kill();
    await rm(join(folder, 'dump.rdb'), { force: true });
    await sleep(ms);
    await stack.redis.start();
    await redis.config('SET', 'rdbcompression', 'no');
    return `killed, away for ${ms} ms, back empty`;
  },
});

const away = defineMishap({
  name: 'redis:outage',
  strikes: ['redis'],
  draw: (_, scale) => ({ ms: Math.round(15_000 * scale) }),
  async run(arena, { ms }) {
    const { stack, redis } = arena;
    const mostReceives = watchReceives(arena);
    await redis.save();
    await stack.redis.stop();
    await sleep(ms);
    const most = mostReceives();
    await stack.redis.start();
    await redis.config('SET', 'rdbcompression', 'no');
    if (most > 1) arena.complaints.push(`a message was received ${most} times while Redis was away`);
    return `away for ${ms} ms, back with what it had; meanwhile no message was received more than ${most}×`;
  },
});

const full = defineMishap({
  name: 'redis:full',
  strikes: ['redis'],
  draw: (random, scale) => ({ ms: Math.round(random.between(4_000, 10_000) * scale) }),
  async run({ redis }, { ms }) {
    const used = Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
    await redis.config('SET', 'maxmemory', String(used - 65_536));
    await sleep(ms);
    await redis.config('SET', 'maxmemory', '0');
    return `took no more than ${Math.round(used / 1_024)} KiB for ${ms} ms`;
  },
});

/** No arrow is near it. */
const newestVersion = 1_000;

/** A release that is newer than any here has begun to run, and one of its batches is on the queue. */
const newVersion = defineMishap({
  name: 'all:new-version',
  strikes: ['redis'],
  draw: (random) => ({ arrow: random.pick(['extracted', 'masked', 'settled']), ms: random.between(2_000, 5_000) }),
  async run({ redis, pipeline, stack, complaints }, { arrow, ms }) {
    const newer = defineHandoff({ name: arrow, version: newestVersion, schema: z.looseObject(batchEnvelope) });
    const jobs = createJobQueue({ url: stack.redis.url, name: 'chaos:new-version' });
    const batch = newBatchId();
    const deadline = Date.now() + ms;
    const publisher = jobs.publisher(newer, pipeline.name);
    try {
      // Its connection may not be open yet.
      await retry(() => publisher.publish({ batch, pipeline: pipeline.name, deadline }));
    } finally {
      await jobs.close();
    }
    const queue = `masque:${queueName(pipeline.name, arrow)}`;
    const [key, delayed] = [`${queue}:${batch}`, `${queue}:delayed`];
    while (Date.now() < deadline - 100) {
      if ((await redis.exists(key)) === 0) {
        const early = deadline - Date.now();
        complaints.push(`a batch of a newer version was taken from ${arrow} ${early} ms before its deadline`);
        return `gone ${early} ms before its deadline`;
      }
      await sleep(50);
    }
    // The newer replica comes, and takes it from among the delayed ones.
    const patience = Date.now() + 15_000;
    while ((await redis.zrem(delayed, batch)) === 0) {
      if ((await redis.exists(key)) === 0) return `left alone on ${arrow}, then dropped`;
      if (Date.now() > patience) throw new Error(`the batch of a newer version is never among the delayed on ${arrow}`);
      await sleep(20);
    }
    await redis.del(key);
    return `left alone on ${arrow} for ${ms} ms`;
  },
});

export const redisMishaps: readonly Mishap[] = [flushed, emptied, away, full, newVersion];
