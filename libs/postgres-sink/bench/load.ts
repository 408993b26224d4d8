/* oxlint-disable no-console -- a bench prints */
/**
 * Rows a second into PostgreSQL, ledger included: `npx node libs/postgres-sink/bench/load.ts [seconds] [url]`.
 *
 * Without a URL it starts a durable server of its own (fsync and full-page writes on), so client and server share this
 * machine's cores. `short`: seven narrow columns, which shows what the statement costs. `user-logins`: two RSA-3072
 * tokens of 524 characters a row, where bytes are the cost: WAL, heap and parsing.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { startLocalStack } from '@masque/local-stack';
import {
  createInspector,
  createPostgresSink,
  migrate,
  type PostgresSink,
  type SinkBatch,
  type Target,
} from '../src/index.ts';

const seconds = Number(process.argv[2] ?? 5);
const batchSize = 200;
const connections = 4;
const stack = process.argv[3] === undefined ? await startLocalStack({ only: ['postgres'] }) : undefined;
const databaseUrl = process.argv[3] ?? stack?.postgres.url() ?? '';

try {
  for (const [shape, tokenLength] of [
    ['short', 32],
    ['user-logins', 524],
  ] as const) {
    const target = targetOf(shape, tokenLength);
    await migrate({ databaseUrl, target });
    const sink = createPostgresSink({ databaseUrl, target, connections, name: 'masque-bench' });
    const inspector = createInspector({ databaseUrl, target });
    const tokens = Array.from({ length: 2_000 }, () =>
      randomBytes(tokenLength).toString('base64url').slice(0, tokenLength),
    );
    const before = await inspector.rows();
    await run(sink, tokens, 1);
    const warm = await inspector.rows();
    const cpu = process.cpuUsage();
    const took = await run(sink, tokens, seconds);
    const rows = (await inspector.rows()) - warm;
    const { user, system } = process.cpuUsage(cpu);
    console.log(
      `${shape}: ${Math.round(rows / took).toLocaleString('en')} rows/s over ${connections} connections, ` +
        `${((user + system) / rows).toFixed(2)} µs of this process a row (${(warm - before).toLocaleString('en')} rows to warm up)`,
    );
    await Promise.all([sink.close(), inspector.close()]);
  }
} finally {
  await stack?.stop();
}

/** Answers the seconds it took. */
async function run(sink: PostgresSink, tokens: readonly string[], forSeconds: number) {
  const began = performance.now();
  const end = began + forSeconds * 1_000;
  const lane = async (): Promise<void> => {
    while (performance.now() < end) await sink.load(batchOf(tokens));
  };
  await Promise.all(Array.from({ length: connections }, lane));
  return (performance.now() - began) / 1_000;
}

function batchOf(tokens: readonly string[]): SinkBatch {
  const sentAt = Date.now();
  const day = new Date(sentAt).toISOString().slice(0, 10);
  const token = (): string => tokens[Math.floor(Math.random() * tokens.length)] ?? '';
  const messageIds = cells(() => randomUUID());
  return {
    messageIds,
    sentAt: cells(() => sentAt),
    receivedAt: sentAt,
    rows: messageIds.map((_, at) => at),
    rejects: [],
    columns: {
      user_id: messageIds,
      device_type: cells(() => 'android'),
      masked_ip: cells(token),
      masked_device_id: cells(token),
      locale: cells(() => (Math.random() < 0.3 ? null : 'US')),
      app_version: cells(() => 2_003_000),
      create_date: cells(() => day),
    },
  };
}

function targetOf(shape: string, tokenLength: number): Target {
  return {
    name: `bench-${shape}`,
    table: `bench_${shape}`,
    columns: [
      { name: 'user_id', type: 'varchar(128)' },
      { name: 'device_type', type: 'varchar(32)' },
      { name: 'masked_ip', type: 'text', tokenLength },
      { name: 'masked_device_id', type: 'text', tokenLength },
      { name: 'locale', type: 'varchar(32)' },
      { name: 'app_version', type: 'integer' },
      { name: 'create_date', type: 'date' },
    ],
  };
}

function cells<T>(cell: () => T): T[] {
  return Array.from({ length: batchSize }, cell);
}
