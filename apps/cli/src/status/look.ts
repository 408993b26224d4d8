import { type Fault, toFault } from '@masque/fault';
import { type CountedReplica, createJobQueue, type QueueDepth } from '@masque/job-queue';
import { type Pipeline, toTarget } from '@masque/pipeline';
import { createInspector, type PipelineCounts } from '@masque/postgres-sink';
import type { QueueCounts } from '@masque/sqs-source';
import { readEnvironment, settings } from '../environment.ts';
import { openQueue } from '../queue.ts';

/** The arrows of the picture, in the way of a message. */
export const arrows = ['extracted', 'masked', 'settled'] as const;
export type Arrow = (typeof arrows)[number];

/** What was found, or why it is not known: a status is asked for when something is away. */
export type Known<T> = { readonly value: T } | { readonly fault: Fault };

export interface Between {
  readonly batches: Readonly<Record<Arrow, QueueDepth & { readonly oldestAgeS: number | undefined }>>;
  readonly replicas: readonly CountedReplica[];
}

/** One look at everything, at about one moment. */
export interface Look {
  readonly sqs: Known<QueueCounts>;
  readonly between: Known<Between>;
  readonly postgres: Known<PipelineCounts>;
}

export interface Onlooker {
  look(): Promise<Look>;
  close(): Promise<void>;
}

/** @throws {Fault} `settings_invalid` */
export function openOnlooker(pipeline: Pipeline): Onlooker {
  const set = readEnvironment({ ...settings.redis, ...settings.postgres });
  const queue = openQueue(pipeline);
  const jobs = createJobQueue({ url: set.REDIS_URL, prefix: set.REDIS_PREFIX, name: 'status' });
  const inspector = createInspector({ databaseUrl: set.DATABASE_URL, target: toTarget(pipeline) });

  async function between(): Promise<Between> {
    await jobs.check();
    const [depths, oldest, replicas] = await Promise.all([
      jobs.depth(pipeline.name, arrows),
      jobs.oldest(pipeline.name, arrows),
      jobs.presence.counted(pipeline.name),
    ]);
    const batches = arrows.map((arrow) => {
      const added = oldest[arrow];
      const oldestAgeS = added === undefined ? undefined : Math.max(0, (Date.now() - added) / 1_000);
      return [arrow, { waiting: 0, active: 0, delayed: 0, ...depths[arrow], oldestAgeS }];
    });
    return { batches: Object.fromEntries(batches) as Between['batches'], replicas };
  }

  return {
    async look() {
      const [sqs, redis, postgres] = await Promise.all([
        known(() => queue.counts()),
        known(between),
        known(() => inspector.counts()),
      ]);
      return { sqs, between: redis, postgres };
    },
    async close() {
      queue.close();
      await Promise.all([jobs.close(), inspector.close()]);
    },
  };
}

async function known<T>(read: () => Promise<T>): Promise<Known<T>> {
  try {
    return { value: await read() };
  } catch (error) {
    return { fault: toFault(error) };
  }
}
