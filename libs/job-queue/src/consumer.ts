/**
 * One worker on one queue.
 *
 * States of a job as seen from here: **taken** (locked by this worker, the lock renewed while the handler runs) →
 * **done** (removed) | **delayed** (`later`, or the handler threw) | **dropped** (removed undone, past its deadline) |
 * **lost** (this process died or its lock ran out: another worker takes the job after the stall check).
 *
 * Invariants
 * - A handler may run twice for one batch, at once even (a lock lost to a long pause): handlers are idempotent.
 * - No error text reaches Redis. BullMQ stores what a processor throws, so this one throws only `DelayedError`, whose
 *   text BullMQ discards, and returns nothing.
 * - A job is dropped only past its deadline, when SQS has shown, or will show, its messages again.
 * - After `stop` resolves no handler of this consumer is running and its connection is closed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoff, Fault, toFault } from '@masque/fault';
import { type Handoff, type HandoffOutput, queueName } from '@masque/handoff';
import { DelayedError, type Job, Worker } from 'bullmq';
import type { Connections } from './connection.ts';

/** `done`: handed on. `later`: not now, by no fault of the batch; delayed and tried again. */
export type Outcome = 'done' | 'later';

export interface Delivery<H extends Handoff> {
  readonly batch: HandoffOutput<H>;
  /** How often a worker took this job before, for any reason. */
  readonly earlierTries: number;
  /** Epoch milliseconds at which the job was added. */
  readonly addedAt: number;
}

export interface ConsumerOptions<H extends Handoff> {
  /** Batches handled at once by this replica. */
  readonly concurrency: number;
  /** How long a dead replica's batch stays locked, at most; see `stalledIntervalMs`. Default 15,000. */
  readonly lockDurationMs?: number;
  /** How often lost locks are looked for; recovery takes up to the sum of both. Default: a third of the lock. */
  readonly stalledIntervalMs?: number;
  handle(delivery: Delivery<H>, signal: AbortSignal): Promise<Outcome>;
  /** The handler threw, or the job was of another version or shape. */
  onFault?(fault: Fault, job: { readonly batch: string; readonly tries: number }): void;
  /** Told once for each job dropped past its deadline. */
  onDropped?(job: { readonly batch: string; readonly code: string }): void;
}

export interface Consumer {
  /** Resolves when jobs are being taken; it waits for Redis as long as it must. */
  start(): Promise<void>;
  /**
   * Takes no more jobs, waits for those running until `kindUntil`, then aborts their signals and closes at
   * `forceAt` whatever they do (epoch milliseconds). What is left undone is taken by another replica.
   * @returns how many handlers had to be abandoned.
   */
  stop(deadline: { readonly kindUntil: number; readonly forceAt: number }): Promise<{ readonly abandoned: number }>;
}

interface ConsumerDeps<H extends Handoff> extends ConsumerOptions<H> {
  readonly handoff: H;
  readonly pipeline: string;
  readonly prefix: string;
  readonly connections: Connections;
}

/** Two rolling restarts must not use up a batch's stalls (BullMQ's default is 1). */
const maxStalledCount = 5;

export function createConsumer<H extends Handoff>(deps: ConsumerDeps<H>): Consumer {
  const { handoff, connections, lockDurationMs = 15_000 } = deps;
  const queue = queueName(deps.pipeline, handoff.name);
  const running = new Set<AbortController>();
  let worker: Worker | undefined;
  let connection: ReturnType<Connections['openConsumer']> | undefined;
  let stopping: Promise<{ readonly abandoned: number }> | undefined;

  return {
    async start() {
      if (stopping !== undefined) return;
      connection = connections.openConsumer(queue);
      worker = new Worker(queue, process, {
        connection,
        prefix: deps.prefix,
        concurrency: deps.concurrency,
        lockDuration: lockDurationMs,
        stalledInterval: deps.stalledIntervalMs ?? lockDurationMs / 3,
        maxStalledCount,
        // A fetch or a completion that failed is tried again after this; BullMQ's 15 s would outlast most outages.
        runRetryDelay: 500,
        drainDelay: 5,
        skipVersionCheck: true,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
        autorun: false,
      });
      worker.on('error', connections.report);
      await worker.waitUntilReady();
      void worker.run().catch(connections.report);
    },
    stop(deadline) {
      return (stopping ??= stop(deadline));
    },
  };

  /** BullMQ hands a signal only to processors that declare three parameters. */
  async function process(
    job: Job<unknown>,
    token: string | undefined,
    lockLost: AbortSignal | undefined,
  ): Promise<void> {
    const abandon = new AbortController();
    running.add(abandon);
    const signal = lockLost === undefined ? abandon.signal : AbortSignal.any([abandon.signal, lockLost]);
    try {
      const code = await attempt(job, signal);
      if (code === undefined) return;
      if (isPastDeadline(job)) {
        deps.onDropped?.({ batch: job.id ?? '', code });
        return;
      }
      await job.moveToDelayed(Date.now() + backoff(job.attemptsStarted), token);
    } finally {
      running.delete(abandon);
    }
    throw new DelayedError();
  }

  /** Undefined when the job is done, else the code of what stood in the way. */
  async function attempt(job: Job<unknown>, signal: AbortSignal): Promise<string | undefined> {
    const id = { batch: job.id ?? '', tries: job.attemptsStarted };
    try {
      const read = handoff.read(job.data);
      if (!read.ok) throw unreadable(queue, read.why, read.at);
      const delivery = {
        batch: read.value as HandoffOutput<H>,
        earlierTries: job.attemptsStarted - 1,
        addedAt: job.timestamp,
      };
      return (await deps.handle(delivery, signal)) === 'done' ? undefined : 'later';
    } catch (error) {
      const fault = toFault(error);
      deps.onFault?.(fault, id);
      return fault.code;
    }
  }

  async function stop(deadline: { kindUntil: number; forceAt: number }): Promise<{ readonly abandoned: number }> {
    if (worker === undefined) return { abandoned: 0 };
    // `close` waits for handlers, never returns while Redis is away, and cannot be made to force afterwards.
    const closed = worker.close().catch(() => {});
    await Promise.race([closed, until(deadline.kindUntil)]);
    for (const handler of running) handler.abort();
    await Promise.race([closed, until(deadline.forceAt)]);
    const abandoned = running.size;
    // Both of its connections: ours, and the blocking one that BullMQ duplicated from it.
    void worker.disconnect().catch(() => {});
    connection?.disconnect();
    return { abandoned };
  }
}

/** A job without a readable deadline has none to wait for. */
function isPastDeadline(job: Job<unknown>): boolean {
  const { deadline } = (job.data ?? {}) as { readonly deadline?: unknown };
  return typeof deadline !== 'number' || Date.now() > deadline;
}

function unreadable(queue: string, why: 'version' | 'shape', at: string): Fault {
  return why === 'version'
    ? new Fault('handoff_version', `a job on ${queue} is of a version this release does not read`, {
        heals: true,
        advice: 'It is left to replicas of the newer release.',
      })
    : new Fault('handoff_shape', `a job on ${queue} breaks its contract at "${at}"`, { heals: false });
}

async function until(epochMs: number): Promise<void> {
  await sleep(Math.max(0, epochMs - Date.now()), undefined, { ref: false });
}
