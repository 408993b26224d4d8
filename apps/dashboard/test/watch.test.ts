import { Fault } from '@masque/fault';
import type { CountedReplica } from '@masque/job-queue';
import { expect, onTestFinished, test } from 'vitest';
import type { Point } from '../src/history.ts';
import type { Overview } from '../src/overview.ts';
import { createWatch } from '../src/watch.ts';

const away = (code: string) => new Fault(code, 'SENTINEL of an error', { heals: true });

/** Servers that can be taken away, and a clock that goes with the looks. */
function setup() {
  const servers = { redis: true, postgres: true };
  let beat = 0;
  const faults: string[] = [];
  const replica = (stage: string, figures: Readonly<Record<string, number>>): CountedReplica => ({
    stage,
    replica: 'a',
    state: 'working',
    details: [],
    at: beat * 1_000,
    figures,
  });
  const answer = async <T>(server: 'redis' | 'postgres', value: () => T): Promise<T> => {
    if (!servers[server]) throw away(`${server}_unreachable`);
    return value();
  };
  const watch = createWatch({
    pipeline: 'notes',
    everyMs: 1,
    jobs: {
      depth: () => answer('redis', () => ({ extracted: { waiting: 3, active: 1, delayed: 0 } })),
      oldest: () => answer('redis', () => ({ extracted: Date.now() - 2_000 })),
      presence: {
        announce: () => ({ stop: async () => {} }),
        replicas: async () => [],
        counted: () =>
          answer('redis', () => {
            beat += 1;
            return [
              replica('extractor', { 'masque_extractor_queue_messages{state="visible"}': 9 }),
              replica('masker', { masque_masker_masked_records_total: beat * 50 }),
              replica('loader', { masque_loader_loaded_rows_total: beat * 50 }),
            ];
          }),
      },
    },
    glancer: { look: () => answer('postgres', () => ({ held: { torn: 2 }, heldIsCut: false, newest: [] })) },
    onFault: (server, { code }) => faults.push(`${server} ${code}`),
  });
  onTestFinished(() => watch.stop());
  return {
    servers,
    faults,
    watch,
    /** The first look of which that is true, with its point. */
    until: async (isIt: (overview: Overview, point: Point | undefined) => boolean) =>
      await new Promise<Overview>((resolve) => {
        const stop = watch.onLook((overview, point) => {
          if (!isIt(overview, point)) return;
          stop();
          resolve(overview);
        });
      }),
  };
}

test('what replicas tell becomes rates, what Redis holds depths and ages, every fifth look a point', async () => {
  const { watch, until } = setup();
  watch.start();
  const overview = await until((_, point) => point !== undefined);
  expect(overview).toMatchObject({ redis: { code: 'ok' }, postgres: { code: 'ok' }, sqs: { visible: 9 } });
  expect(overview.stages.map(({ name, working, rate }) => [name, working, rate])).toEqual([
    ['extractor', 1, 0],
    ['masker', 1, 50],
    ['loader', 1, 50],
  ]);
  const [extracted, masked] = overview.arrows;
  expect(extracted).toMatchObject({ waiting: 3, active: 1, still: 0 });
  expect(extracted?.oldest).toBeGreaterThanOrEqual(2);
  expect(masked).toMatchObject({ waiting: 0, oldest: null });
  expect(overview.quarantine.held).toEqual({ torn: 2 });
  expect(watch.history.points).toHaveLength(1);
  expect(watch.history.points[0]).toMatchObject({ masked: 50, loaded: 50, p50: null, memo: null });
});

test('what cannot be read any more is said to be so, and not shown as it was', async () => {
  const { servers, faults, watch, until } = setup();
  watch.start();
  await until(({ postgres }) => postgres.code === 'ok');
  servers.redis = false;
  const blind = await until(({ redis }) => redis.code === 'redis_unreachable');
  expect(blind).toMatchObject({ arrows: [], sqs: null });
  expect(blind.stages.map(({ replicas, rate }) => [replicas, rate])).toEqual([
    [0, null],
    [0, null],
    [0, null],
  ]);
  expect(blind.conditions.map(({ code }) => code)).toEqual(['redis_unreachable']);
  expect(JSON.stringify(blind)).not.toContain('SENTINEL');
  servers.postgres = false;
  expect((await until(({ postgres }) => postgres.code !== 'ok')).quarantine).toMatchObject({ held: {}, newest: [] });
  servers.redis = servers.postgres = true;
  await until(({ redis, postgres }) => redis.code === 'ok' && postgres.code === 'ok');
  expect(new Set(faults)).toEqual(new Set(['redis redis_unreachable', 'postgres postgres_unreachable']));
});
