import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalPipeline, preparePipeline, type StageName, stages } from '@masque/local-pipeline';
import { createDatabase, createQueues, dropDatabase, uniqueName } from '@masque/local-stack/testing';
import { loadPipeline, type Pipeline } from '@masque/pipeline';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { bodyOf, type Load } from './load.ts';

export interface Servers {
  readonly postgresUrl: string;
  readonly redisUrl: string;
  readonly sqsEndpoint: string;
  readonly region: string;
}

export interface MeasureOptions {
  readonly servers: Servers;
  readonly load: Load;
  readonly messages: number;
  readonly bodyBytes: number;
  /** More settings of the stages. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (what: string) => void;
}

/** Peaks, in bytes. */
export interface Peaks {
  readonly load: string;
  readonly messages: number;
  readonly idle: Readonly<Record<StageName, number>>;
  readonly resident: Readonly<Record<StageName, number>>;
  readonly redis: number;
  readonly seconds: number;
}

/** Sent at once: what is made here is in this process's memory too. */
const slice = 20;
const lightBytes = 250;
const patienceMs = 240_000;

/**
 * The highest resident memory of each stage while so many bodies pass, one replica each, as the kernel counts it
 * (VmHWM; proc(5)): no sample falls between two peaks. And Redis's own figure for its data, used_memory_peak.
 */
export async function measure(options: MeasureOptions): Promise<Peaks> {
  const { servers, load, messages, bodyBytes, onProgress = () => {} } = options;
  const name = uniqueName('memory');
  const queues = createQueues(() => servers.sqsEndpoint);
  const root = await mkdtemp(join(tmpdir(), 'masque-memory-'));
  const redis = new Redis(servers.redisUrl);
  const [pipeline, databaseUrl, queueUrl] = await Promise.all([
    loadPipeline(load.pipeline),
    createDatabase(servers.postgresUrl, name),
    queues.createQueue(name, { VisibilityTimeout: '120' }),
  ]);
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  // Dropping the database ends what the pool has not closed yet.
  pool.on('error', () => {});
  let local: LocalPipeline | undefined;
  try {
    local = await preparePipeline({
      pipeline,
      root,
      services: { ...servers, databaseUrl, redisPrefix: name, queueUrl },
      settings: { MASQUE_PIPELINE: load.pipeline, SQS_VISIBILITY_TIMEOUT_S: '120', ...options.settings },
    });
    await local.startAll({ extractor: 1, masker: 1, loader: 1 }, options.signal);
    const idle = peaksOf(local);
    await redis.config('RESETSTAT');
    const began = performance.now();
    const { lightFirst = 0 } = load;
    await queues.send(
      queueUrl,
      Array.from({ length: lightFirst }, (_, at) => bodyOf(load, at, lightBytes)),
    );
    await untilPlaced(pool, pipeline, lightFirst, options);
    for (let at = 0; at < messages; at += slice) {
      options.signal?.throwIfAborted();
      const bodies = Array.from({ length: Math.min(slice, messages - at) }, (_, of) =>
        bodyOf(load, at + of, bodyBytes),
      );
      await queues.send(queueUrl, bodies);
      onProgress(`${load.name}: sent ${at + bodies.length}/${messages}`);
    }
    const placed = (await untilPlaced(pool, pipeline, lightFirst + messages, options)) - lightFirst;
    if (placed < messages) throw new Error(`${load.name}: only ${placed} of ${messages} messages were placed`);
    const resident = peaksOf(local);
    const used = Number(/^used_memory_peak:(\d+)/m.exec(await redis.info('memory'))?.[1]);
    return { load: load.name, messages, idle, resident, redis: used, seconds: (performance.now() - began) / 1_000 };
  } finally {
    await local?.stop();
    await pool.end();
    redis.disconnect();
    await Promise.all([dropDatabase(servers.postgresUrl, name), queues.deleteQueue(queueUrl)]);
    await rm(root, { recursive: true, force: true });
  }
}

async function untilPlaced(pool: Pool, { name }: Pipeline, messages: number, options: MeasureOptions): Promise<number> {
  const until = Date.now() + patienceMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const { rows } = await pool.query<{ count: number }>(
      'select count(*)::int as count from masque.ledger where pipeline = $1',
      [name],
    );
    const count = rows[0]?.count ?? 0;
    options.onProgress?.(`${options.load.name}: placed ${count}/${messages}`);
    if (count >= messages || Date.now() > until) return count;
    await sleep(200);
  }
}

function peaksOf({ processes }: LocalPipeline): Record<StageName, number> {
  const of = (stage: StageName): number =>
    Math.max(...processes.filter((each) => each.stage === stage).map(({ pid }) => peakResident(pid)));
  return Object.fromEntries(stages.map((stage) => [stage, of(stage)])) as Record<StageName, number>;
}

function peakResident(pid: number): number {
  const [, kib = ''] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return Number(kib) * 1_024;
}
