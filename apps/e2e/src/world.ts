import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createJobQueue } from '@masque/job-queue';
import {
  type AppName,
  type LocalPipeline,
  preparePipeline,
  type Replicas,
  type StageName,
} from '@masque/local-pipeline';
import { createTestBundle, type TestBundle, type TestStack } from '@masque/local-stack/testing';
import { loadPipeline, type Pipeline } from '@masque/pipeline';
import { Redis } from 'ioredis';
import { Pool, type QueryResultRow } from 'pg';
import { createDatabaseLogins, type DatabaseLogins } from './database-logins.ts';
import { createRedisUsers, type RedisUsers } from './redis-users.ts';

/** One test's pipeline: its own database, queue, Redis prefix, keys and processes, over the run's real servers. */
export interface World {
  readonly pipeline: Pipeline;
  readonly local: LocalPipeline;
  readonly bundle: TestBundle;
  /** The loader runs as its own; commands are given the one they are for. */
  readonly logins: DatabaseLogins;
  readonly redis: Redis;
  /** Where the world was opened with them. */
  readonly redisUsers: RedisUsers | undefined;
  query<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  send(bodies: readonly string[]): Promise<void>;
  /** Resolves when the queue in SQS is empty and no batch is left in Redis. */
  whenQuiet(timeoutMs?: number): Promise<void>;
  /** Resolves when `look` says so; it is asked again and again. */
  until(what: string, look: () => Promise<boolean>, timeoutMs?: number): Promise<void>;
  /** Says that a stage works though no process of it runs, so that the extractor goes on receiving. */
  pretend(stage: StageName): void;
  /** Everything that the stages have printed. */
  logs(): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface WorldOptions {
  readonly stack: TestStack;
  /** A name in pipelines/. Default `user-logins`. */
  readonly pipeline?: string;
  readonly replicas?: Partial<Replicas>;
  readonly visibilityTimeoutS?: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** Each stage logs in to Redis as a user of its own, with its own keys. A Redis that loses its memory forgets them. */
  readonly redisUsers?: true;
  /** SQL run before Masque's own tables are made: the owner's. */
  readonly ownersSql?: string;
}

const arrows = ['extracted', 'masked', 'settled'];

export async function openWorld(options: WorldOptions): Promise<World> {
  const { stack, visibilityTimeoutS = 30 } = options;
  const pipeline = await loadPipeline(options.pipeline ?? 'user-logins');
  const bundle = await createTestBundle(stack, 'e2e', { VisibilityTimeout: String(visibilityTimeoutS) });
  const root = await mkdtemp(join(tmpdir(), 'masque-e2e-'));
  const pool = new Pool({ connectionString: bundle.databaseUrl, max: 2 });
  const redis = new Redis(bundle.redisUrl);
  // A test may take its Redis away.
  redis.on('error', () => {});
  pool.on('error', () => {});
  if (options.ownersSql !== undefined) await pool.query(options.ownersSql);

  const [logins, redisUsers] = await Promise.all([
    createDatabaseLogins(bundle.databaseUrl, stack.postgresUrl, pipeline, bundle.name),
    options.redisUsers && createRedisUsers(redis, bundle.redisUrl, bundle.redisPrefix, bundle.name),
  ]);
  const redisOf = (app: AppName): Record<string, string> =>
    redisUsers === undefined ? {} : { REDIS_URL: redisUsers.url(app) };

  const local = await preparePipeline({
    pipeline,
    root,
    services: { ...bundle, sqsEndpoint: stack.sqsEndpoint, region: stack.region },
    settingsOf: {
      extractor: redisOf('extractor'),
      masker: redisOf('masker'),
      loader: { DATABASE_URL: logins.loader, ...redisOf('loader') },
      dashboard: { DATABASE_URL: logins.dashboard, ...redisOf('dashboard') },
    },
    settings: {
      SQS_VISIBILITY_TIMEOUT_S: String(visibilityTimeoutS),
      BATCH_MAX: '50',
      JOB_LOCK_MS: '3000',
      SHUTDOWN_GRACE_S: '10',
      LOG_LEVEL: 'debug',
      ...options.settings,
    },
  });
  const jobs = createJobQueue({ url: bundle.redisUrl, prefix: bundle.redisPrefix, name: 'e2e' });
  const pretended: { stop(): Promise<void> }[] = [];
  await local.startAll({ extractor: 0, masker: 0, loader: 0, ...options.replicas });

  async function until(what: string, look: () => Promise<boolean>, timeoutMs = 100_000): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!(await look())) {
      if (Date.now() > end)
        throw new Error(`after ${timeoutMs} ms still not: ${what}\n${(await logs()).slice(-3_000)}`);
      await sleep(50);
    }
  }

  async function logs(): Promise<string> {
    const files = await readdir(local.logDir);
    return (await Promise.all(files.map((file) => readFile(join(local.logDir, file), 'utf8')))).join('');
  }

  async function isQuiet(): Promise<boolean> {
    const { visible, inFlight, delayed } = await bundle.queues.counts(bundle.queueUrl);
    if (visible + inFlight + delayed > 0) return false;
    const keys = arrows.map((arrow) => `${bundle.redisPrefix}:${pipeline.name}.${arrow}`);
    const depths = await Promise.all(
      keys.flatMap((key) => [redis.llen(`${key}:wait`), redis.llen(`${key}:active`), redis.zcard(`${key}:delayed`)]),
    );
    return depths.every((depth) => depth === 0);
  }

  return {
    pipeline,
    local,
    bundle,
    logins,
    redis,
    redisUsers,
    until,
    logs,
    async query<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
      return (await pool.query<Row>(text, [...values])).rows;
    },
    async send(bodies) {
      await bundle.queues.send(bundle.queueUrl, bodies);
    },
    pretend(stage) {
      const announced = { pipeline: pipeline.name, stage, replica: 'pretended', state: () => 'working', everyMs: 200 };
      pretended.push(jobs.presence.announce(announced));
    },
    whenQuiet: (timeoutMs) => until('quiet', isQuiet, timeoutMs),
    async [Symbol.asyncDispose]() {
      // Whatever a test left stopped or hanging: nothing outlives it.
      await Promise.all(local.processes.map((process) => process.stop('SIGKILL')));
      await Promise.all(pretended.map((presence) => presence.stop()));
      await jobs.close();
      await redisUsers?.remove();
      redis.disconnect();
      await pool.end();
      await bundle.remove();
      await logins.remove();
      await rm(root, { recursive: true, force: true });
    },
  };
}
