import { startCollector } from '@masque/observability/testing';
import { describe, expect, inject, it } from 'vitest';
import { aLogin } from '../src/logins.ts';
import { openWorld } from '../src/world.ts';

const producer = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('traces', () => {
  it('tell the way of a batch through the three processes as one, and no value', async () => {
    await using collector = await startCollector();
    const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint };
    await using world = await openWorld({ stack: inject('stack'), settings });
    const bodies = [JSON.stringify(aLogin({ ip: '203.0.113.77' })), '{"planted":"SENTINEL-in-a-reject"}'];
    await world.bundle.queues.send(world.bundle.queueUrl, bodies, { traceparent: producer });
    await world.local.startAll({ extractor: 1, masker: 1, loader: 1 });
    await world.whenQuiet();
    await world.local.stop();

    const spans = collector.spans();
    const batches = new Set(spans.map(({ attributes }) => attributes['masque.batch']));
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(batches.size);
    const [batch] = batches;
    const way = spans.filter(({ attributes }) => attributes['masque.batch'] === batch);
    const span = (name: string) => way.find((each) => each.name === `${name} user-logins`);
    const chain = ['receive', 'mask', 'load', 'settle'].map(span);
    expect(chain.map((each) => each?.service)).toEqual([
      'masque-extractor',
      'masque-masker',
      'masque-loader',
      'masque-extractor',
    ]);
    expect(chain.map((each) => each?.parentSpanId)).toEqual(['', ...chain.slice(0, -1).map((each) => each?.spanId)]);
    expect(span('commit')?.parentSpanId).toBe(span('load')?.spanId);
    expect(new Set(span('receive')?.links)).toEqual(new Set(['0af7651916cd43dd8448eb211c80319c']));
    expect(way.map(({ status }) => status.code)).toEqual(way.map(() => 0));

    const sent = collector.texts.join();
    expect(sent).not.toContain('203.0.113.77');
    expect(sent).not.toContain('SENTINEL');
  });
});
