/* oxlint-disable no-console -- a bench prints */
/**
 * What an insert costs as the ledger grows: `npx node libs/postgres-sink/bench/ledger.ts [rows] [rounds]`, default
 * 10,000,000 and 5.
 *
 * Two ledgers on one durable server of its own, the small with 100,000 entries and the large with so many, loaded into
 * in turn so that whatever else this machine does meets both. `days`: entries over 30 days, as a ledger has them, and
 * loads into today. `one day`: all in today, which is what a day of such traffic leaves.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startLocalStack } from '@masque/local-stack';
import { Client } from 'pg';
import { createPostgresSink, migrate, type PostgresSink, type SinkBatch, type Target } from '../src/index.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const [large = 10_000_000, rounds = 5] = positionals.map(Number);
const small = 100_000;
const batchSize = 200;
const batchesARound = 250;
const days = 30;
const dayMs = 86_400_000;

const stack = await startLocalStack({ only: ['postgres'] });
try {
  for (const shape of ['days', 'one day'] as const) {
    const sinks = new Map<number, PostgresSink>();
    for (const rows of [small, large]) sinks.set(rows, await filled(shape, rows));
    const costs = new Map<number, number[]>([...sinks.keys()].map((rows) => [rows, []]));
    for (let round = 0; round <= rounds; round += 1) {
      for (const [rows, sink] of sinks) {
        const cost = await measure(sink);
        // The first warms caches and plans.
        if (round > 0) costs.get(rows)?.push(cost);
      }
    }
    const [before = Number.NaN, after = Number.NaN] = [...costs.values()].map(median);
    console.log(
      `${shape}: ${before.toFixed(2)} µs a row at ${count(small)} entries, ${after.toFixed(2)} at ${count(large)}: ` +
        `${((after / before - 1) * 100).toFixed(1)} % (medians of ${rounds} rounds of ${count(batchSize * batchesARound)} rows; ` +
        `${[...costs.values()].map((all) => all.map((cost) => cost.toFixed(1)).join(' ')).join(' | ')})`,
    );
    await Promise.all([...sinks.values()].map((sink) => sink.close()));
  }
} finally {
  await stack.stop();
}

async function filled(shape: 'days' | 'one day', rows: number): Promise<PostgresSink> {
  const databaseUrl = await stack.postgres.createDatabase(`ledger_${shape.replace(' ', '_')}_${rows}`);
  const target: Target = { name: 'bench', table: 'bench', columns: [{ name: 'words', type: 'varchar(32)' }] };
  await migrate({ databaseUrl, target });
  const client = new Client(databaseUrl);
  await client.connect();
  const parts = shape === 'days' ? days : 1;
  for (let ago = 0; ago < parts; ago += 1) {
    const day = new Date(Date.now() - ago * dayMs).toISOString().slice(0, 10);
    await client.query('select masque.ensure_ledger_day($1)', [day]);
    await client.query(
      `insert into masque.ledger (message_id, sent_day, pipeline)
       select gen_random_uuid(), $1, 'bench' from generate_series(1, $2)`,
      [day, Math.round(rows / parts)],
    );
  }
  await client.query('vacuum analyze masque.ledger');
  await client.query('checkpoint');
  await client.end();
  return createPostgresSink({ databaseUrl, target, connections: 1, name: 'masque-bench' });
}

/** Microseconds a row. */
async function measure(sink: PostgresSink): Promise<number> {
  const batches = Array.from({ length: batchesARound }, aBatch);
  const began = performance.now();
  for (const batch of batches) await sink.load(batch);
  return ((performance.now() - began) * 1_000) / (batchSize * batchesARound);
}

function aBatch(): SinkBatch {
  const sentAt = Date.now();
  const messageIds = Array.from({ length: batchSize }, () => randomUUID());
  return {
    messageIds,
    sentAt: messageIds.map(() => sentAt),
    receivedAt: sentAt,
    rows: messageIds.map((_, at) => at),
    rejects: [],
    columns: { words: messageIds.map((id) => id.slice(0, 32)) },
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
