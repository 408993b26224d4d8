import { noTracing } from '@masque/observability';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Fault } from '@masque/fault';
import type { MaskedBatch } from '@masque/handoff-masked';
import { settled, type SettledBatch } from '@masque/handoff-settled';
import { createJobQueue } from '@masque/job-queue';
import { createInspector, createPostgresSink, type LoadReport, migrate } from '@masque/postgres-sink';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createHandler } from '../src/handle.ts';
import { aBatch, delivered, receivedAt } from './a-batch.ts';

const { postgresUrl, redisUrl } = inject('stack' as never) as { postgresUrl: string; redisUrl: string };

/** A handler over real servers, with a table, a pipeline and a Redis prefix of its own. */
async function setup(changes: { readonly databaseUrl?: string } = {}) {
  const name = `loader-${randomUUID().slice(0, 8)}`;
  const target = { name, table: `${name}.notes`, columns: [{ name: 'words', type: 'text' }] };
  await migrate({ databaseUrl: postgresUrl, target });
  const sink = createPostgresSink({ databaseUrl: postgresUrl, target, connections: 2, name, ...changes });
  const inspector = createInspector({ databaseUrl: postgresUrl, target });
  const jobs = createJobQueue({ url: redisUrl, prefix: name, name, onFault: () => {} });
  onTestFinished(async () => void (await Promise.all([sink.close(), inspector.close(), jobs.close()])));

  const reports: LoadReport[] = [];
  const waited: string[] = [];
  const retried = Promise.withResolvers<Fault>();
  const handle = createHandler({
    tracing: noTracing,
    sink,
    publisher: jobs.publisher(settled, name),
    isMaskedWith: async () => false,
    onLoaded: (_, report) => reports.push(report),
    onRetry(fault) {
      waited.push(fault.code);
      retried.resolve(fault);
    },
    now: () => receivedAt,
  });
  // A key id is the whole database's; each test has its own.
  const key = { kid: name, method: 'rsa', fingerprint: 'one' };
  return {
    name,
    jobs,
    inspector,
    reports,
    waited,
    retried: retried.promise,
    key,
    batch: (more: Partial<MaskedBatch> = {}) => aBatch({ pipeline: name, keys: [key], ...more }),
    handle: (batch: MaskedBatch) => handle(delivered(batch), new AbortController().signal),
  };
}

test('a batch is in PostgreSQL before its receipts are in Redis, and the extractor reads them', async () => {
  const { name, jobs, inspector, batch, handle, reports } = await setup();
  const arrived = Promise.withResolvers<{ readonly got: SettledBatch; readonly rows: number }>();
  const extractor = jobs.consumer(settled, name, {
    concurrency: 1,
    async handle({ batch: got }) {
      arrived.resolve({ got, rows: await inspector.rows() });
      return 'done';
    },
  });
  await extractor.start();
  onTestFinished(
    async () => void (await extractor.stop({ kindUntil: Date.now() + 5_000, forceAt: Date.now() + 6_000 })),
  );

  const sent = batch();
  expect(await handle(sent)).toBe('done');
  const { got, rows } = await arrived.promise;
  expect(rows).toBe(2);
  const { batch: id, pipeline, deadline, receipts, receivedAt, trace } = sent;
  expect(got).toEqual({ batch: id, pipeline, deadline, receipts, receivedAt, trace });
  expect(reports).toEqual([{ rows: 2, rejects: { not_json: 1 }, refused: {}, duplicates: 0 }]);
});

test('a batch that comes again, as after a crash, adds nothing and hands its receipts on all the same', async () => {
  const { name, jobs, inspector, batch, handle, reports } = await setup();
  const sent = batch();
  await handle(sent);
  await handle(sent);
  expect(reports[1]).toEqual({ rows: 0, rejects: {}, refused: {}, duplicates: 3 });
  expect(await inspector.counts()).toMatchObject({ loaded: 2, quarantined: { total: 1 } });
  // The same job id: the second adding of receipts that still wait does nothing.
  expect(await jobs.depth(name, ['settled'])).toMatchObject({ settled: { waiting: 1 } });
});

test('PostgreSQL away at the start: waited for, and loaded when it is there', async () => {
  const gate = createServer((socket) => {
    const { hostname, port } = new URL(postgresUrl);
    const server = connect(Number(port), hostname);
    for (const [from, to] of [
      [socket, server],
      [server, socket],
    ] as const) {
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  // A port that was free a moment ago.
  await once(gate.listen(0, '127.0.0.1'), 'listening');
  const { port } = gate.address() as AddressInfo;
  await new Promise((resolve) => gate.close(resolve));

  const url = new URL(postgresUrl);
  url.port = String(port);
  const { batch, handle, retried, reports, waited } = await setup({ databaseUrl: url.href });
  const outcome = handle(batch());
  expect((await retried).code).toBe('postgres_unreachable');
  await once(gate.listen(port, '127.0.0.1'), 'listening');
  onTestFinished(() => void gate.close());
  expect(await outcome).toBe('done');
  expect(reports).toEqual([{ rows: 2, rejects: { not_json: 1 }, refused: {}, duplicates: 0 }]);
  expect(new Set(waited)).toEqual(new Set(['postgres_unreachable']));
});

test('a batch masked with another key of the same name is neither loaded nor settled', async () => {
  const { name, jobs, inspector, batch, handle, key } = await setup();
  await handle(batch());
  await expect(handle(batch({ keys: [{ ...key, fingerprint: 'other' }] }))).rejects.toMatchObject({
    code: 'key_differs',
    heals: false,
  });
  expect(await inspector.rows()).toBe(2);
  expect(await jobs.depth(name, ['settled'])).toMatchObject({ settled: { waiting: 1 } });
});

test('a batch of another definition is neither loaded nor settled', async () => {
  const { name, jobs, inspector, batch, handle } = await setup();
  await expect(handle(batch({ columns: { phrases: ['a', 'b'] } }))).rejects.toMatchObject({
    code: 'definition_differs',
  });
  expect(await inspector.counts()).toMatchObject({ settledInLedger: 0 });
  expect(await jobs.depth(name, ['settled'])).toMatchObject({ settled: { waiting: 0 } });
});
