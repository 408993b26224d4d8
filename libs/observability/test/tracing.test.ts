import { Fault } from '@masque/fault';
import { expect, it, test } from 'vitest';
import { createTracing, noTracing, readTraceparent, type Span, writeTraceparent } from '../src/tracing.ts';
import { startCollector } from '../src/testing.ts';

const place = { batch: 'b-1', pipeline: 'user-logins', messages: 2 };
const producer = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

async function setup(endpoint: string | undefined, ratio = 1) {
  const faults: string[] = [];
  const tracing = await createTracing({
    endpoint,
    ratio,
    stage: 'masker',
    replica: 'host-1',
    onFault: (code) => faults.push(code),
  });
  return { tracing, faults };
}

const handOn = async ({ traceparent }: Span): Promise<string | undefined> => traceparent;

it('sends a span with its place, links and parent, and hands its own context on', async () => {
  await using collector = await startCollector();
  const { tracing } = await setup(`${collector.endpoint}/`);
  const first = await tracing.span('receive', { ...place, links: [producer, undefined, 'no-context'] }, handOn);
  await tracing.span('mask', { ...place, parent: first }, async (span) => span.set({ 'masque.rows': 2 }));
  await tracing.stop(5_000);

  const [receive, mask, ...others] = collector.spans();
  expect(others).toEqual([]);
  expect(receive).toMatchObject({
    service: 'masque-masker',
    name: 'receive user-logins',
    parentSpanId: '',
    links: ['0af7651916cd43dd8448eb211c80319c'],
    attributes: { 'masque.batch': 'b-1', 'masque.pipeline': 'user-logins', 'messaging.batch.message_count': 2 },
  });
  expect(first).toBe(`00-${receive?.traceId}-${receive?.spanId}-01`);
  expect(mask).toMatchObject({ traceId: receive?.traceId, parentSpanId: receive?.spanId });
  expect(mask?.attributes).toMatchObject({ 'masque.rows': 2 });
});

it('tells a failure by its code, and nothing of what was thrown', async () => {
  await using collector = await startCollector();
  const { tracing } = await setup(collector.endpoint);
  const fault = new Fault('seal_broken', 'planted words', { heals: false, details: { planted: 'planted' } });
  await expect(tracing.span('mask', place, () => Promise.reject(fault))).rejects.toBe(fault);
  const foreign = new Error('planted by a vendor');
  await expect(tracing.span('mask', place, () => Promise.reject(foreign))).rejects.toBe(foreign);
  await tracing.span('mask', place, async (span) => span.fail('released'));
  await tracing.stop(5_000);
  expect(collector.spans().map(({ status }) => status)).toEqual([
    { code: 2, message: 'seal_broken' },
    { code: 2, message: 'internal' },
    { code: 2, message: 'released' },
  ]);
  expect(collector.texts.join()).not.toContain('planted');
});

it('follows the decision that came along, and takes a share of its own', async () => {
  await using collector = await startCollector();
  const { tracing } = await setup(collector.endpoint, 0);
  expect(await tracing.span('receive', place, handOn)).toMatch(/-00$/);
  expect(await tracing.span('mask', { ...place, parent: producer }, handOn)).toMatch(/-01$/);
  await tracing.stop(5_000);
  expect(collector.spans().map(({ name }) => name)).toEqual(['mask user-logins']);
});

it('says that a collector refuses', async () => {
  await using collector = await startCollector(400);
  const { tracing, faults } = await setup(collector.endpoint);
  expect(await tracing.span('mask', place, async () => 'done')).toBe('done');
  await tracing.stop(5_000);
  expect(faults).toEqual(['traces_unsent']);
});

it('is not held up by a collector that is not there', async () => {
  const { tracing } = await setup('http://127.0.0.1:1');
  expect(await tracing.span('mask', place, async () => 'done')).toBe('done');
  const began = performance.now();
  await tracing.stop(50);
  expect(performance.now() - began).toBeLessThan(5_000);
});

it('is off without an endpoint, and hands on what came', async () => {
  const { tracing } = await setup(undefined);
  expect(tracing).toBe(noTracing);
  expect(await tracing.span('mask', { ...place, parent: producer }, handOn)).toBe(producer);
  expect(await tracing.span('receive', place, handOn)).toBe(undefined);
});

test.each([
  [undefined],
  [''],
  ['00-00000000000000000000000000000000-b7ad6b7169203331-01'],
  ['00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01'],
  ['ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
  [`${producer}-more`],
])('%s is no traceparent', (text) => {
  expect(readTraceparent(text)).toBe(undefined);
});

test('a traceparent is read and written', () => {
  const context = readTraceparent(producer);
  expect(context).toEqual({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: 1,
  });
  expect(writeTraceparent(context!)).toBe(producer);
});
