import type { Handoff } from '@masque/handoff';
import type { Fault } from '@masque/fault';
import type { Metrics } from '@masque/observability';
import { createConnections } from './connection.ts';
import { createConsumer, type Consumer, type ConsumerOptions } from './consumer.ts';
import { createDepthReader, createOldestReader, type OldestReader, type QueueDepth } from './depth.ts';
import { createLeases, type Leases } from './leases.ts';
import { createPresence, type Presence } from './presence.ts';
import { createPublisher, type Publisher } from './publisher.ts';
import { exposeQueue } from './queue-gauges.ts';

export type { QueueDepth };

export interface JobQueueOptions {
  /** REDIS_URL: `redis://[user:password@]host[:port][/db]`, or `rediss://` for TLS. */
  readonly url: string;
  /** First part of every key. Default `masque`. On a Redis Cluster put a hash tag here: `{masque}`. */
  readonly prefix?: string;
  /** Names the connections in `CLIENT LIST`: stage and replica. */
  readonly name: string;
  /** Told of every connection fault; the caller limits its rate. */
  readonly onFault?: (fault: Fault) => void;
}

/**
 * Handing batches over between stages, on BullMQ. One job is one batch and its id is the batch's id.
 *
 * Left out on purpose: priorities, delays chosen by callers, repeats, flows, and everything that would make Redis a
 * place of record. A job that cannot be done now is delayed; one that never can be is dropped, and SQS shows its
 * messages again.
 */
export interface JobQueue {
  /**
   * Reaches Redis once and looks whether it can be relied on.
   * @throws {Fault} `redis_unreachable` (heals), `redis_loading` (heals), `redis_refused`, `redis_tls`, `redis_evicts`, `redis_too_old`
   */
  check(): Promise<void>;
  publisher<H extends Handoff>(handoff: H, pipeline: string): Publisher<H>;
  consumer<H extends Handoff>(handoff: H, pipeline: string, options: ConsumerOptions<H>): Consumer;
  /** Jobs of the pipeline that wait, run or are delayed, by handoff name. One round trip. */
  depth(pipeline: string, handoffs: readonly string[]): Promise<Record<string, QueueDepth>>;
  readonly oldest: OldestReader;
  /** Metrics of the queue that a stage takes from: backlog, age, drain time, batches in hand. */
  expose(
    metrics: Metrics,
    of: { readonly pipeline: string; readonly handoff: string; readonly stage: string; readonly consumer: Consumer },
  ): void;
  readonly presence: Presence;
  readonly leases: Leases;
  /** Closes every connection that is left. Consumers are stopped first, by their owners. */
  close(): Promise<void>;
}

export function createJobQueue(options: JobQueueOptions): JobQueue {
  const prefix = options.prefix ?? 'masque';
  const onFault = options.onFault ?? (() => {});
  const connections = createConnections({ url: options.url, name: options.name, onFault });
  const readDepth = createDepthReader(connections, prefix);
  const readOldest = createOldestReader(connections, prefix);
  const presence = createPresence(connections, prefix);
  const publishers = new Set<{ close(): Promise<void> }>();

  return {
    check: () => connections.check(),
    publisher(handoff, pipeline) {
      const publisher = createPublisher({ handoff, pipeline, prefix, connections });
      publishers.add(publisher);
      return publisher;
    },
    consumer: (handoff, pipeline, consumer) => createConsumer({ handoff, pipeline, prefix, connections, ...consumer }),
    depth: readDepth,
    oldest: readOldest,
    expose(metrics, { pipeline, handoff, stage, consumer }) {
      exposeQueue({
        metrics,
        stage,
        consumer,
        depth: async () => (await readDepth(pipeline, [handoff]))[handoff] ?? none,
        oldest: async () => (await readOldest(pipeline, [handoff]))[handoff],
        replicas: async () => (await presence.replicas(pipeline)).filter((each) => each.stage === stage).length,
      });
    },
    presence,
    leases: createLeases(connections, prefix),
    async close() {
      await Promise.all([...publishers].map((publisher) => publisher.close()));
      connections.close();
    },
  };
}

const none: QueueDepth = { waiting: 0, active: 0, delayed: 0 };
