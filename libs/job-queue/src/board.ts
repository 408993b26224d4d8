/**
 * The queues as Bull Board shows them: read-only, and only what BullMQ itself keeps of a job: its id, times, tries and
 * size. Bull Board's own adapter loads whole jobs and lets formatters blank parts of them, but not the error text,
 * stack, options and logs; and a sealed batch would still have been in the memory of a process that has no business
 * with it. So the jobs here are made of fields that were asked for one by one, and `data` is none of them.
 */
import type { BaseAdapter } from '@bull-board/api/baseAdapter';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { Fault } from '@masque/fault';
import { queueName } from '@masque/handoff';
import { type JobType, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { createConnections } from './connection.ts';
import { freightBytes } from './freight.ts';

type QueueJob = Awaited<ReturnType<BaseAdapter['addJob']>>;

export interface BoardOptions {
  readonly url: string;
  readonly prefix: string;
  readonly name: string;
  readonly pipeline: string;
  /** In the way of a message; each with a word on what it holds. */
  readonly handoffs: Readonly<Record<string, string>>;
  readonly onFault: (fault: Fault) => void;
}

export interface Board {
  readonly adapters: readonly BaseAdapter[];
  close(): Promise<void>;
}

export function openBoard(options: BoardOptions): Board {
  const { prefix, pipeline } = options;
  const connections = createConnections(options);
  const redis = connections.producer;
  const queues = Object.entries(options.handoffs).map(([handoff, description]) => {
    const queue = new Queue(queueName(pipeline, handoff), {
      connection: redis,
      prefix,
      // Writes nothing, not even the queue's own settings.
      skipVersionCheck: true,
      skipMetasUpdate: true,
      skipWaitingForReady: true,
    });
    queue.on('error', connections.report);
    return { queue, adapter: readOnly(queue, redis, description) };
  });
  return {
    adapters: queues.map(({ adapter }) => adapter),
    async close() {
      await Promise.all(queues.map(({ queue }) => queue.close().catch(() => {})));
      connections.close();
    },
  };
}

function readOnly(queue: Queue, redis: Redis, description: string): BaseAdapter {
  const adapter = new BullMQAdapter(queue, { readOnlyMode: true, allowRetries: false, description });
  const getJob = (id: string): Promise<QueueJob | undefined> => readJob(queue, redis, id);
  return Object.assign(adapter, {
    getJob,
    async getJobs(types: JobType[], start?: number, end?: number) {
      const ids = await queue.getRanges(types, start, end, false);
      const jobs = await Promise.all(ids.map(getJob));
      return jobs.filter((job) => job !== undefined);
    },
    // Nothing of a batch stays once it is done, and a failure is a delay.
    getJobStatuses: () => [...statuses],
    getStatuses: () => ['latest', ...statuses],
    getJobLogs: async () => [],
    getMetrics: async () => ({ meta: { count: 0, prevTS: 0, prevCount: 0 }, data: [], count: 0 }),
    // Their names and addresses; the overview tells replicas and states.
    getWorkers: async () => null,
    // A way round to whole jobs.
    getFlowProducer: async () => null,
    getJobSchedulers: async () => [],
    getJobSchedulersCount: async () => 0,
    getQueueDefaultJobOptions: () => ({}),
  });
}

const statuses = ['active', 'waiting', 'delayed'] as const;

/** Fields of BullMQ's job hash: its times in epoch milliseconds, how often it was begun and how often it stalled. */
const fields = ['timestamp', 'processedOn', 'delay', 'ats', 'stc'] as const;

async function readJob(queue: Queue, redis: Redis, id: string): Promise<QueueJob | undefined> {
  const key = queue.toKey(id);
  const [values, data, freight] = await Promise.all([
    redis.hmget(key, ...fields),
    redis.hstrlen(key, 'data'),
    freightBytes(redis, key),
  ]);
  const [timestamp, processedOn, delay, started, stalls] = values.map((value) => Number(value ?? 0));
  // Done and removed since its id was read.
  if (timestamp === undefined || timestamp === 0) return undefined;
  const json = {
    id,
    name: 'batch',
    progress: 0,
    attemptsMade: started ?? 0,
    attemptsStarted: started ?? 0,
    stalledCounter: stalls ?? 0,
    timestamp,
    ...(processedOn === 0 ? {} : { processedOn }),
    delay: delay ?? 0,
    failedReason: '',
    stacktrace: [],
    opts: {},
    data: { bytes: data + freight },
    returnvalue: null,
  };
  return {
    opts: {},
    toJSON: () => json,
    getState: () => queue.getJobState(id),
    promote: refuse,
    remove: refuse,
    retry: refuse,
  };
}

async function refuse(): Promise<never> {
  throw new TypeError('the board only reads');
}
