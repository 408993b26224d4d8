import { expect, test } from 'vitest';
import { createMetrics } from '../src/metrics.ts';
import { readExposition } from './exposition.ts';

function setup() {
  const metrics = createMetrics({ stage: 'masker', pipeline: 'user-logins' });
  return { metrics, families: async () => readExposition((await metrics.expose()).text) };
}

test('the exposition is valid: HELP and TYPE once a family, series once, an end to the last line', async () => {
  const { metrics, families } = setup();
  metrics.counter('masque_masker_batches_total', 'Batches.').inc(2);
  metrics.counter('masque_masker_rejects_total', 'Rejects, by reason.', ['reason']).inc({ reason: 'not_json' });
  metrics.histogram('masque_masker_batch_seconds', 'Time.', [0.1, 1]).observe(0.5);
  metrics.gauge('masque_masker_memo_entries', 'Entries.', () => 7);
  const read = await families();
  for (const { name, help } of read.values()) expect([name, help]).not.toContain('');
  expect(read.get('masque_masker_batches_total')).toMatchObject({ type: 'counter', samples: [{ value: 2 }] });
  expect(read.get('masque_masker_rejects_total')?.samples).toMatchObject([{ labels: { reason: 'not_json' } }]);
  expect(read.get('masque_masker_memo_entries')).toMatchObject({ type: 'gauge', samples: [{ value: 7 }] });
  const buckets = read.get('masque_masker_batch_seconds')?.samples.filter(({ name }) => name.endsWith('_bucket'));
  expect(buckets?.map(({ labels, value }) => [labels['le'], value])).toEqual([
    ['0.1', 0],
    ['1', 1],
    ['+Inf', 1],
  ]);
  expect((await metrics.expose()).contentType).toMatch(/^text\/plain; version=0\.0\.4; charset=utf-8$/);
});

test('every series says its stage and pipeline', async () => {
  const { metrics, families } = setup();
  metrics.counter('masque_masker_batches_total', 'Batches.');
  const samples = [...(await families()).values()].flatMap((family) => family.samples);
  expect(samples.length).toBeGreaterThan(20);
  for (const { labels } of samples) expect(labels).toMatchObject({ stage: 'masker', pipeline: 'user-logins' });
});

test('a gauge is read at each scrape, a promised one too', async () => {
  const { metrics, families } = setup();
  let depth = 1;
  metrics.gauge('masque_extractor_depth', 'Depth.', async () => depth);
  expect((await families()).get('masque_extractor_depth')?.samples).toMatchObject([{ value: 1 }]);
  depth = 2;
  expect((await families()).get('masque_extractor_depth')?.samples).toMatchObject([{ value: 2 }]);
});

test('a gauge that cannot be read is absent, neither stale nor in the way of the others, until it can', async () => {
  const { metrics, families } = setup();
  let redis: 'up' | 'down' = 'up';
  metrics.gauge('masque_extractor_depth', 'Depth.', async () => {
    if (redis === 'down') throw new Error('Redis is away');
    return 5;
  });
  metrics.counter('masque_extractor_received_total', 'Received.').inc();
  await families();
  redis = 'down';
  const without = await families();
  expect(without.get('masque_extractor_depth')?.samples).toEqual([]);
  expect(without.get('masque_extractor_received_total')?.samples).toMatchObject([{ value: 1 }]);
  redis = 'up';
  expect((await families()).get('masque_extractor_depth')?.samples).toMatchObject([{ value: 5 }]);
});

test('the peak memory is the process’s own, in bytes', async () => {
  const { families } = setup();
  const peak = (await families()).get('process_peak_resident_memory_bytes')?.samples[0]?.value ?? 0;
  expect(peak).toBeGreaterThan(20 * 2 ** 20);
  expect(peak).toBeGreaterThanOrEqual(process.memoryUsage.rss() * 0.5);
  expect(peak).toBeLessThan(2 ** 40);
});

test('two registries share nothing, and one name is taken once', () => {
  const one = setup().metrics;
  one.counter('masque_masker_batches_total', 'Batches.');
  setup().metrics.counter('masque_masker_batches_total', 'Batches.');
  expect(() => one.counter('masque_masker_batches_total', 'Batches.')).toThrow(/already been registered/);
});

test('labels are those that were named', () => {
  const { metrics } = setup();
  const counter = metrics.counter('masque_masker_rejects_total', 'Rejects.', ['reason']);
  // @ts-expect-error another label
  expect(() => counter.inc({ ip: '192.0.2.1' })).toThrow(/label/);
});

test('a gauge with a label has a sample for each of its values, and none for those that are gone', async () => {
  const { metrics, families } = setup();
  let queues: Record<string, number> | undefined = { letters: 2, parcels: 5 };
  metrics.gauges('masque_masker_depth', 'Depth.', 'queue', () => queues ?? Promise.reject(new Error('Redis is away')));
  const samples = async () =>
    (await families()).get('masque_masker_depth')?.samples.map(({ labels, value }) => [labels['queue'], value]);
  expect(await samples()).toEqual([
    ['letters', 2],
    ['parcels', 5],
  ]);
  queues = { parcels: 4 };
  expect(await samples()).toEqual([['parcels', 4]]);
  queues = undefined;
  expect(await samples()).toEqual([]);
});

test('figures are what the exposition says, by the same names', async () => {
  const { metrics } = setup();
  metrics.counter('masque_masker_batches_total', 'Batches.').inc(2);
  metrics.counter('masque_masker_rejects_total', 'Rejects, by reason.', ['reason']).inc({ reason: 'not_json' }, 3);
  metrics.histogram('masque_masker_batch_seconds', 'Time.', [0.1, 1]).observe(0.5);
  metrics.gauge('masque_masker_depth', 'Depth.', () => 7);
  const figures = await metrics.figures([
    'masque_masker_batches_total',
    'masque_masker_rejects_total',
    'masque_masker_batch_seconds',
    'masque_masker_depth',
    'masque_masker_unknown',
  ]);
  expect(figures).toEqual({
    masque_masker_batches_total: 2,
    'masque_masker_rejects_total{reason="not_json"}': 3,
    'masque_masker_batch_seconds_bucket{le="0.1"}': 0,
    'masque_masker_batch_seconds_bucket{le="1"}': 1,
    'masque_masker_batch_seconds_bucket{le="+Inf"}': 1,
    masque_masker_batch_seconds_sum: 0.5,
    masque_masker_batch_seconds_count: 1,
    masque_masker_depth: 7,
  });
});
