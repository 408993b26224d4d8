import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalPipeline, preparePipeline, type Replicas } from '@masque/local-pipeline';
import { type LocalStack, startLocalStack } from '@masque/local-stack';
import { createFaultProxy, type FaultProxy } from '@masque/local-stack/fault-proxy';
import { loadPipeline, type Pipeline } from '@masque/pipeline';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { createCrew, type Crew } from './crew.ts';
import { createPost, type Post } from './post.ts';
import { createSqsCall, type SqsCall } from './sqs-call.ts';
import { refusedUser } from './traffic.ts';

/** Where it all happens: real servers and real processes of its own, and the ways to hurt them. */
export interface Arena {
  readonly pipeline: Pipeline;
  readonly stack: LocalStack;
  /** Between the extractors and SQS. */
  readonly proxy: FaultProxy;
  readonly local: LocalPipeline;
  readonly crew: Crew;
  readonly post: Post;
  readonly sqs: SqsCall;
  readonly queue: ArenaQueue;
  readonly dead: ArenaQueue;
  readonly redis: Redis;
  readonly pool: Pool;
  readonly lockMs: number;
  readonly visibilityTimeoutS: number;
  /** What the stages were asked to do and did badly, beside what the account will show. */
  readonly complaints: string[];
  /** Stages first, then the servers. Exit statuses of the stages that were running. @param keepLogs says where they are */
  close(keepLogs: boolean): Promise<readonly (number | null)[]>;
}

export interface ArenaQueue {
  readonly url: string;
  readonly arn: string;
}

export const visibilityTimeoutS = 10;
const lockMs = 3_000;
/** AWS's advice is ten or more; nobody may come to the dead-letter queue for our reasons. */
const maxReceiveCount = 10;

/** The challenge's table, with a rule of its owner that refuses one row. */
const ownersSql = `create table user_logins (user_id varchar(128) check (user_id <> '${refusedUser}'),
  device_type varchar(32), masked_ip text, masked_device_id text, locale varchar(32), app_version integer,
  create_date date)`;

export async function openArena(options: {
  readonly replicas: Replicas;
  readonly signal: AbortSignal;
  readonly onProgress: (what: string) => void;
}): Promise<Arena> {
  const pipeline = await loadPipeline('user-logins');
  const root = await mkdtemp(join(tmpdir(), 'masque-chaos-'));
  let keep = false;
  const ends: (() => Promise<unknown>)[] = [
    () => (keep ? rm(join(root, 'keys'), { recursive: true }) : rm(root, { recursive: true, force: true })),
  ];
  const end = async (): Promise<void> => {
    for (const each of ends.reverse()) await each();
  };
  try {
    const stack = await startLocalStack({
      signal: options.signal,
      onProgress: ({ server, state }) => options.onProgress(`${server} ${state}`),
    });
    ends.push(() => stack.stop());
    const proxy = await createFaultProxy(stack.sqs.endpoint);
    ends.push(() => proxy.close());
    const dead = await createQueue(stack, `${pipeline.source.queue}-dead`);
    const queue = await createQueue(stack, pipeline.source.queue, {
      VisibilityTimeout: String(visibilityTimeoutS),
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount }),
    });
    const pool = new Pool({ connectionString: stack.postgres.url(), max: 3, application_name: 'chaos' });
    // It is ours to take away.
    pool.on('error', () => {});
    ends.push(() => pool.end());
    await pool.query(ownersSql);
    const redis = new Redis(stack.redis.url, { commandTimeout: 5_000, maxRetriesPerRequest: null });
    redis.on('error', () => {});
    ends.push(async () => redis.disconnect());
    // A compressed sentinel would not be found.
    await redis.config('SET', 'rdbcompression', 'no');
    const local = await preparePipeline({
      pipeline,
      root,
      services: {
        databaseUrl: stack.postgres.url(),
        redisUrl: stack.redis.url,
        sqsEndpoint: proxy.endpoint,
        region: stack.sqs.region,
        queueUrl: queue.url,
      },
      settings: {
        SQS_VISIBILITY_TIMEOUT_S: String(visibilityTimeoutS),
        JOB_LOCK_MS: String(lockMs),
        BATCH_MAX: '50',
        SHUTDOWN_GRACE_S: '10',
        LOG_LEVEL: 'debug',
      },
    });
    const crew = createCrew(local, options.replicas);
    let statuses: readonly (number | null)[] = [];
    ends.push(async () => (statuses = await crew.dismiss()));
    await crew.start();
    return {
      pipeline,
      stack,
      proxy,
      local,
      crew,
      post: createPost(stack.sqs, queue.url),
      sqs: createSqsCall(stack.sqs.endpoint),
      queue,
      dead,
      redis,
      pool,
      lockMs,
      visibilityTimeoutS,
      complaints: [],
      async close(keepLogs) {
        keep = keepLogs;
        await end();
        return statuses;
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

async function createQueue(
  { sqs }: LocalStack,
  name: string,
  attributes: Readonly<Record<string, string>> = {},
): Promise<ArenaQueue> {
  const url = await sqs.createQueue(name, attributes);
  const { Attributes } = await createSqsCall(sqs.endpoint)('GetQueueAttributes', {
    QueueUrl: url,
    AttributeNames: ['QueueArn'],
  });
  return { url, arn: (Attributes as { readonly QueueArn: string }).QueueArn };
}
