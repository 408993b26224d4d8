import { setTimeout as sleep } from 'node:timers/promises';
import { type StageName, stages } from '@masque/local-pipeline';
import { startLocalStack } from '@masque/local-stack';
import { describe, expect, inject, it } from 'vitest';
import { traffic } from '../src/logins.ts';
import { expectExactlyOnce } from '../src/placement.ts';
import { openWorld, type World } from '../src/world.ts';

const stack = inject('stack');
const two = { extractor: 2, masker: 2, loader: 2 };
/** Short, so that what a dead replica held is seen again within the test. */
const visibilityTimeoutS = 6;

/** Some of the work is done, most is not. */
async function whenUnderWay(world: World): Promise<void> {
  await world.until('under way', async () => {
    const [found] = await world.query<{ count: number }>('select count(*)::int as count from masque.ledger');
    return (found?.count ?? 0) >= 100;
  });
}

describe.concurrent('every message ends in exactly one place', () => {
  it.each(stages)('when a %s is killed while it works', async (stage: StageName) => {
    await using world = await openWorld({ stack, replicas: two, visibilityTimeoutS, redisUsers: true });
    const sent = traffic(1_500);
    const sending = world.send(sent.bodies);
    await whenUnderWay(world);
    const victim = world.local.processes.find((process) => process.stage === stage);
    expect(await victim?.stop('SIGKILL')).toBe(null);
    await sending;
    await world.whenQuiet();
    await expectExactlyOnce(world, sent);
    // Taking over is among a stage’s own rights.
    expect(await world.redisUsers?.refusals()).toEqual([]);
  });

  it('when every replica of every stage is killed and started again', async () => {
    await using world = await openWorld({ stack, replicas: two, visibilityTimeoutS });
    const sent = traffic(1_500);
    const sending = world.send(sent.bodies);
    await whenUnderWay(world);
    await Promise.all(world.local.processes.map((process) => process.stop('SIGKILL')));
    await sending;
    await world.local.startAll({ extractor: 1, masker: 1, loader: 1 });
    await world.whenQuiet();
    await expectExactlyOnce(world, sent);
  });

  it('when Redis is flushed while they work', async () => {
    const own = await startLocalStack({ only: ['redis'] });
    try {
      await using world = await openWorld({
        stack: { ...stack, redisUrl: own.redis.url },
        replicas: two,
        visibilityTimeoutS,
      });
      const sent = traffic(1_500);
      const sending = world.send(sent.bodies);
      await whenUnderWay(world);
      await world.redis.flushall();
      await sending;
      await world.whenQuiet();
      await expectExactlyOnce(world, sent);
    } finally {
      await own.stop();
    }
  });

  it('when Redis is killed and starts empty', async () => {
    const own = await startLocalStack({ only: ['redis'] });
    try {
      await using world = await openWorld({
        stack: { ...stack, redisUrl: own.redis.url },
        replicas: two,
        visibilityTimeoutS,
      });
      const sent = traffic(1_500);
      const sending = world.send(sent.bodies);
      await whenUnderWay(world);
      await own.redis.kill();
      await sending;
      await own.redis.start();
      await world.whenQuiet();
      await expectExactlyOnce(world, sent);
    } finally {
      await own.stop();
    }
  });

  it('when messages are delivered again and again, late, in overlapping batches', async () => {
    await using world = await openWorld({
      stack,
      replicas: { masker: 1 },
      visibilityTimeoutS: 2,
      settings: { BATCH_MAX: '37', SQS_WAIT_S: '0' },
    });
    world.pretend('loader');
    const sent = traffic(400);
    await world.send(sent.bodies);
    // Nobody loads. Extractors that are killed keep no lease: SQS shows everything again to the next, in other batches.
    for (let delivery = 1; delivery <= 3; delivery += 1) {
      await world.local.startAll({ extractor: 2, masker: 0, loader: 0 });
      await world.until(`delivery ${delivery} masked`, async () => {
        const { stages: now } = await world.local.snapshot();
        return now.masker.messages >= delivery * sent.bodies.length;
      });
      await Promise.all(
        world.local.processes.filter(({ stage }) => stage === 'extractor').map((process) => process.stop('SIGKILL')),
      );
    }
    await world.local.startAll({ extractor: 1, masker: 0, loader: 3 });
    await world.whenQuiet();
    await expectExactlyOnce(world, sent);
  });

  it('when loading takes longer than the visibility timeout, without receiving anything twice', async () => {
    await using world = await openWorld({ stack, replicas: { extractor: 1, masker: 1 }, visibilityTimeoutS: 4 });
    world.pretend('loader');
    const sent = traffic(300);
    await world.send(sent.bodies);
    await world.until(
      'masked',
      async () => (await world.local.snapshot()).stages.masker.messages === sent.bodies.length,
    );
    const extended = async (): Promise<number> => (await world.local.snapshot()).extended;
    await world.until('leases extended twice', async () => (await extended()) >= 2 * sent.bodies.length);
    await world.local.startAll({ extractor: 0, masker: 0, loader: 1 });
    await world.whenQuiet();
    await expectExactlyOnce(world, sent);
    const { stages: now } = await world.local.snapshot();
    expect(now.extractor.messages).toBe(sent.bodies.length);
  });

  it('when nobody loads: then hardly anything is received, and nothing twice', async () => {
    await using world = await openWorld({
      stack,
      replicas: { extractor: 2, masker: 1 },
      visibilityTimeoutS: 5,
      settings: { BATCH_MAX: '10', BATCH_LINGER_MS: '0' },
    });
    const sent = traffic(500);
    await world.send(sent.bodies);
    await world.until('a first batch', async () => (await world.local.snapshot()).stages.masker.messages > 0);
    // Time is what is tested: more than two visibility timeouts pass.
    await sleep(11_000);
    const idle = await world.local.snapshot();
    expect(idle.stages.extractor.messages).toBeLessThan(200);
    await world.local.startAll({ extractor: 0, masker: 0, loader: 1 });
    await world.whenQuiet();
    await expectExactlyOnce(world, sent);
    const { stages: now } = await world.local.snapshot();
    expect(now.extractor.messages).toBe(sent.bodies.length);
  });

  it('when bodies are large and nobody is quick: then their bytes bound the backlog, long before their number', async () => {
    await using world = await openWorld({
      stack,
      replicas: { extractor: 1 },
      visibilityTimeoutS: 60,
      settings: { BACKLOG_MAX_BYTES: '2000000', BATCH_MAX_BYTES: '100000' },
    });
    world.pretend('masker');
    world.pretend('loader');
    await world.send(Array.from({ length: 60 }, () => JSON.stringify({ padding: 'x'.repeat(200_000) })));
    await world.until('shut', async () => (await world.logs()).includes('"state":"backlog"'));
    const waiting = (): Promise<number> =>
      world.redis.llen(`${world.bundle.redisPrefix}:${world.pipeline.name}.extracted:wait`);
    await world.until('what was under way', async () => (await waiting()) >= 10);
    // The gate looks ten times a second.
    await sleep(500);
    expect(await waiting()).toBeLessThan(45);
    expect((await world.bundle.queues.counts(world.bundle.queueUrl)).visible).toBeGreaterThan(10);
  });
});
