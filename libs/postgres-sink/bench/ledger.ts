/* oxlint-disable no-console -- a bench prints */
/**
 * What an insert costs as the ledger grows: `npx node libs/postgres-sink/bench/ledger.ts [rows] [rounds]`, default
 * 10,000,000 and 100. Linux only: the server's CPU time is the operating system's, and its waiting is not.
 * `--set shared_buffers=2GB`, as often as wanted, is given to the server; its defaults are for a small machine.
 *
 * Two ledgers on one durable server of its own, the small with 100,000 entries and the large with so many, loaded into
 * in turn so that whatever else this machine does meets both. `days`: entries over 30 days, as a ledger has them, and
 * loads into today. `one day`: all in today, which is what a day of such traffic leaves. `--shape` chooses one.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startLocalStack } from '@masque/local-stack';
import { Client } from 'pg';
import { createPostgresSink, migrate, type PostgresSink, type SinkBatch, type Target } from '../src/index.ts';

const { positionals, values: given } = parseArgs({
  allowPositionals: true,
  options: {
    shape: { type: 'string', multiple: true, default: ['days', 'one day'] },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const [large = 10_000_000, rounds = 100] = positionals.map(Number);
const small = 100_000;
const batchSize = 200;
const batchesARound = 25;
const days = 30;
const dayMs = 86_400_000;

interface Ledger {
  readonly sink: PostgresSink;
  readonly client: Client;
  /** The server's process that loads. An idle connection is closed, and the next one's has another. */
  readonly serverProcess: () => Promise<number>;
}

/** A row's. */
interface Cost {
  /** Microseconds. */
  readonly elapsed: number;
  readonly server: number;
  /** Bytes. A page that changes first after a checkpoint goes into the WAL whole. */
  readonly wal: number;
}

const stack = await startLocalStack({ only: ['postgres'] });
try {
  await setServer(given.set);
  for (const shape of ['days', 'one day'] as const) {
    if (!given.shape.includes(shape)) continue;
    const ledgers = [await filled(shape, small), await filled(shape, large)] as const;
    const costs = ledgers.map((): Cost[] => []);
    for (let round = 0; round < rounds; round += 1) {
      for (const [at, ledger] of ledgers.entries()) costs[at]?.push(await measure(ledger));
    }
    say(
      `${shape}, elapsed (median)`,
      costs.map((all) => median(all.map(({ elapsed }) => elapsed))),
    );
    // Whole clock ticks: only their sum tells anything.
    say(
      `${shape}, CPU of the server (mean)`,
      costs.map((all) => mean(all.map(({ server }) => server))),
    );
    say(
      `${shape}, WAL (mean)`,
      costs.map((all) => mean(all.map(({ wal }) => wal))),
      'bytes',
    );
    await Promise.all(ledgers.flatMap(({ sink, client }) => [sink.close(), client.end()]));
  }
} finally {
  await stack.stop();
}

async function setServer(settings: readonly string[]): Promise<void> {
  if (settings.length === 0) return;
  const client = new Client(stack.postgres.url());
  await client.connect();
  for (const setting of settings) {
    const [name = '', value = ''] = setting.split('=');
    await client.query(`alter system set ${client.escapeIdentifier(name)} = ${client.escapeLiteral(value)}`);
  }
  await client.end();
  await stack.postgres.stop();
  await stack.postgres.start();
}

async function filled(shape: 'days' | 'one day', rows: number): Promise<Ledger> {
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
  const sink = createPostgresSink({ databaseUrl, target, connections: 1, name: 'masque-bench' });
  // Caches and plans are warm.
  for (let at = 0; at < batchesARound; at += 1) await sink.load(aBatch());
  return {
    sink,
    client,
    async serverProcess() {
      const { rows: found } = await client.query<{ readonly pid: number }>(
        `select pid from pg_stat_activity where application_name = 'masque-bench' and datname = current_database()`,
      );
      return found[0]?.pid ?? 0;
    },
  };
}

async function measure({ sink, client, serverProcess }: Ledger): Promise<Cost> {
  const batches = Array.from({ length: batchesARound }, aBatch);
  await sink.load(aBatch());
  const pid = await serverProcess();
  const [cpu, wal] = [cpuMicroseconds(pid), await walBytes(client)];
  const began = performance.now();
  for (const batch of batches) await sink.load(batch);
  const elapsed = (performance.now() - began) * 1_000;
  const [server, written] = [cpuMicroseconds(pid) - cpu, (await walBytes(client)) - wal];
  const rows = batchSize * batchesARound;
  return { elapsed: elapsed / rows, server: server / rows, wal: written / rows };
}

/** Ever written by the server, which does nothing else. */
async function walBytes(client: Client): Promise<number> {
  const { rows } = await client.query<{ readonly bytes: number }>(
    `select (pg_current_wal_insert_lsn() - '0/0')::float8 as bytes`,
  );
  return rows[0]?.bytes ?? Number.NaN;
}

/** In user and system, of the process that serves our connection: the clock ticks of proc_pid_stat(5), 100 a second. */
function cpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
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

function say(what: string, [before = Number.NaN, after = Number.NaN]: readonly number[], unit = 'µs'): void {
  console.log(
    `${what}: ${before.toFixed(2)} ${unit} a row at ${count(small)} entries, ${after.toFixed(2)} at ${count(large)}, ` +
      `${((after / before - 1) * 100).toFixed(1)} % more (${rounds} rounds of ${count(batchSize * batchesARound)} rows each)`,
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
