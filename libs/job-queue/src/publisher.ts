import { type Handoff, type HandoffInput, queueName } from '@masque/handoff';
import { type JobsOptions, Queue } from 'bullmq';
import type { Connections } from './connection.ts';
import { storeFreight } from './freight.ts';

export interface Publisher<H extends Handoff> {
  /**
   * Adds one batch. A second add of a batch whose job still exists does nothing, so a caller that does not know
   * whether an add arrived simply adds again.
   * @throws {Fault} `redis_unreachable`, `redis_full`, … : all of them heal or were found by `check`.
   */
  publish(batch: HandoffInput<H>): Promise<void>;
  close(): Promise<void>;
}

export interface PublisherDeps<H extends Handoff> {
  readonly handoff: H;
  readonly pipeline: string;
  readonly prefix: string;
  readonly connections: Connections;
}

/**
 * Nothing of a finished job stays: Redis is a cache of SQS, and a kept job would make a later add of the same batch
 * vanish without a word.
 */
const jobOptions: JobsOptions = {
  attempts: 1,
  removeOnComplete: true,
  removeOnFail: true,
  stackTraceLimit: 1,
};

/**
 * BullMQ's stream of events keeps 10,000 and nobody here listens. The limit is a field of the queue's `meta` hash,
 * which BullMQ writes once, when a Queue is made: too early for a connection that does not wait, and gone after a
 * FLUSHALL, when its next script writes 10,000. So it goes along with every batch, in the same round trip.
 */
const eventsKept = { 'opts.maxLenEvents': 100 };

export function createPublisher<H extends Handoff>(deps: PublisherDeps<H>): Publisher<H> {
  const { handoff, pipeline, prefix, connections } = deps;
  const redis = connections.producer;
  const queue = new Queue<object, void>(queueName(pipeline, handoff.name), {
    connection: redis,
    prefix,
    skipVersionCheck: true,
    skipMetasUpdate: true,
    // While Redis is away an add must fail now: the caller holds the batch and retries.
    skipWaitingForReady: true,
  });
  queue.on('error', connections.report);

  return {
    async publish(batch) {
      const { batch: jobId } = batch as { readonly batch: string };
      const { data, freight } = handoff.write(batch);
      try {
        if (freight !== undefined) await storeFreight(redis, queue.toKey(jobId), freight);
        await Promise.all([
          redis.hset(queue.keys['meta'] ?? '', eventsKept),
          queue.add(handoff.name, data, { ...jobOptions, jobId }),
        ]);
      } catch (error) {
        throw connections.toFault(error);
      }
    },
    async close() {
      await queue.close().catch(() => {});
    },
  };
}
