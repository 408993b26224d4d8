/**
 * One worker on one queue.
 *
 * States of a job as seen from here: **taken** (locked by this worker, the lock renewed while the handler runs) →
 * **done** (removed) | **delayed** (`later`, or the handler threw) | **dropped** (removed undone: hopeless, or late) |
 * **lost** (this process died or its lock ran out: another worker takes the job after the stall check).
 *
 * Invariants
 * - A handler may run twice for one batch, at once even (a lock lost to a long pause): handlers are idempotent.
 * - No error text reaches Redis. BullMQ stores what a processor throws, so this one throws only `DelayedError`, whose
 *   text BullMQ discards, and returns nothing.
 * - A job is dropped only for a fault of its own that no replica and no waiting can mend, or when its messages are no
 *   longer ours. In both cases SQS shows them again. For a fault of ours it waits, however long: dropping it would make
 *   SQS count another receive, and send messages to the dead-letter queue for our reasons.
 * - What a batch weighs beside its job (freight.ts) goes before the job does: who finds it gone finds a job that was
 *   finished with, if not removed, and drops it.
 * - After `stop` resolves no handler of this consumer is running but those it counts as abandoned, and its connections
 *   are closed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoff, Fault, toFault } from '@masque/fault';
import { freightId, type Handoff, type HandoffOutput, queueName } from '@masque/handoff';
import { createWeightLimit } from '@masque/stage/weight-limit';
import { DelayedError, type Job, Worker } from 'bullmq';
import type { Connections } from './connection.ts';
import { fetchFreight, removeFreight } from './freight.ts';
import { createRate } from './rate.ts';
import { createWatchdog } from './watchdog.ts';

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
  /**
   * Bytes of a batch, roughly: no more than some megabytes are handled at once, whatever `concurrency` is, since each
   * is copied several times meanwhile. Default: only the number counts.
   */
  weigh?(batch: HandoffOutput<H>): number;
  /** Is this a fault of the batch itself, that no waiting mends? A broken contract always is. */
  isHopeless?(fault: Fault): boolean;
  /** Asked for a batch past its deadline: are its messages no longer ours, so that its work is in vain? */
  isInVain?(batch: HandoffOutput<H>): Promise<boolean>;
  /** The handler threw, or the job was of another version or shape. */
  onFault?(fault: Fault, job: { readonly batch: string; readonly tries: number }): void;
  /** The worker takes nothing though batches wait; the process had better be restarted. Told at most once. */
  onStuck?(fault: Fault): void;
  /** Told once for each job dropped, with the fault's code, or `late`, or `gone`: see the last invariant but one. */
  onDropped?(job: { readonly batch: string; readonly code: string }): void;
}

export interface Consumer {
  /** Batches in hand. */
  readonly inFlight: number;
  /** Batches that this replica finishes a second, over about the last minute. */
  readonly rate: number;
  /** Resolves when jobs are being taken, or when it is stopped meanwhile; it waits for Redis as long as it must. */
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

/** Four full batches of the default size; one that is larger is handled alone. */
const handledBytes = 4 * 1_048_576;

/**
 * SQS hides a message for twelve hours from its receive and no longer, whoever asks. A batch that no replica could read
 * for so long, as after a release was taken back, was received again long ago; it would wait and count as backlog for ever.
 */
const longestHiddenMs = 12 * 3_600_000;

/** Two rolling restarts must not use up a batch's stalls (BullMQ's default is 1). */
const maxStalledCount = 5;

export function createConsumer<H extends Handoff>(deps: ConsumerDeps<H>): Consumer {
  const { handoff, connections, lockDurationMs = 15_000 } = deps;
  const queue = queueName(deps.pipeline, handoff.name);
  const running = new Set<AbortController>();
  const handled = createWeightLimit(handledBytes);
  const finished = createRate();
  let worker: Worker | undefined;
  let connection: ReturnType<Connections['openConsumer']> | undefined;
  const watchdog = createWatchdog({
    queue,
    waiting: () => connections.producer.llen(`${deps.prefix}:${queue}:wait`),
    isBusy: () => running.size > 0,
    onStuck: (fault) => deps.onStuck?.(fault),
  });
  let stopping: Promise<{ readonly abandoned: number }> | undefined;

  return {
    get inFlight() {
      return running.size;
    },
    get rate() {
      return finished.perSecond();
    },
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
        // Without the version BullMQ takes Redis for one of 2018 and rounds every wait up to a second.
        skipVersionCheck: false,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
        autorun: false,
      });
      worker.on('error', connections.report);
      await worker.waitUntilReady().catch((error: unknown) => {
        throw connections.toFault(error);
      });
      // Stopped meanwhile.
      if (worker.closing !== undefined) return;
      void worker.run().catch(connections.report);
      watchdog.start();
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
    watchdog.taken();
    running.add(abandon);
    const signal = lockLost === undefined ? abandon.signal : AbortSignal.any([abandon.signal, lockLost]);
    try {
      // What is left to do then is Redis's, and may wait for it: no handler is running any more.
      const outcome = await attempt(job, signal)
        .catch(defect)
        .finally(() => running.delete(abandon));
      if (outcome === 'over') {
        finished.count();
        unburden(job);
        return;
      }
      await job.moveToDelayed(Date.now() + backoff(job.attemptsStarted), token);
    } catch (error) {
      // Not delayed, so its lock runs out and another worker takes it.
      connections.report(error);
    }
    throw new DelayedError();
  }

  /** On the connection that the job's completion goes by next, so before it. */
  function unburden(job: Job<unknown>): void {
    if (connection === undefined || freightId(job.data) === undefined) return;
    void removeFreight(connection, keyOf(job)).catch(connections.report);
  }

  function keyOf({ id }: Job<unknown>): string {
    return `${deps.prefix}:${queue}:${id}`;
  }

  /** A callback of the caller threw. BullMQ would store its words. */
  function defect(error: unknown): 'later' {
    connections.report(toFault(error));
    return 'later';
  }

  /** `over`: done or dropped, in any case finished with. */
  async function attempt(job: Job<unknown>, signal: AbortSignal): Promise<'over' | 'later'> {
    const id = { batch: job.id ?? '', tries: job.attemptsStarted };
    try {
      const freight = await freightOf(job);
      if (freight === 'gone') {
        deps.onDropped?.({ batch: id.batch, code: 'gone' });
        return 'over';
      }
      const read = handoff.read(job.data, freight);
      if (!read.ok) throw unreadable(queue, read.why, read.at);
      const batch = read.value as HandoffOutput<H>;
      if (Date.now() > read.value.deadline && (await deps.isInVain?.(batch)) === true) {
        deps.onDropped?.({ batch: id.batch, code: 'late' });
        return 'over';
      }
      const delivery = { batch, earlierTries: job.attemptsStarted - 1, addedAt: job.timestamp };
      const outcome = await handled.run(deps.weigh?.(batch) ?? 0, async () =>
        // Stopped, or its lock lost, while it stood in line.
        signal.aborted ? 'later' : deps.handle(delivery, signal),
      );
      return outcome === 'done' ? 'over' : 'later';
    } catch (error) {
      const fault = toFault(error);
      deps.onFault?.(fault, id);
      const isOutlived = fault.code === 'handoff_version' && Date.now() - job.timestamp > longestHiddenMs;
      if (fault.code !== 'handoff_shape' && !isOutlived && deps.isHopeless?.(fault) !== true) return 'later';
      deps.onDropped?.({ batch: id.batch, code: fault.code });
      return 'over';
    }
  }

  /** By the connection that fails at once: one that waits for Redis would hold up a stop. */
  async function freightOf(job: Job<unknown>): Promise<Buffer | 'gone' | undefined> {
    const id = freightId(job.data);
    if (id === undefined) return undefined;
    try {
      return (await fetchFreight(connections.producer, keyOf(job), id)) ?? 'gone';
    } catch (error) {
      throw connections.toFault(error);
    }
  }

  /** With no handler running, only an absent Redis is waited for, and nothing of ours is in it. */
  function isIdleWithoutRedis(): boolean {
    return running.size === 0 && connection?.status !== 'ready';
  }

  async function idleWithoutRedis(forceAt: number): Promise<void> {
    while (Date.now() < forceAt && !isIdleWithoutRedis()) {
      await until(Math.min(forceAt, Date.now() + 20));
    }
  }

  async function stop(deadline: { kindUntil: number; forceAt: number }): Promise<{ readonly abandoned: number }> {
    watchdog.stop();
    if (worker === undefined) return { abandoned: 0 };
    // `close` waits for handlers, never returns while Redis is away, and cannot be made to force afterwards.
    const closed = worker.close().catch(() => {});
    await Promise.race([closed, until(deadline.kindUntil)]);
    for (const handler of running) handler.abort();
    await Promise.race([closed, idleWithoutRedis(deadline.forceAt)]);
    const abandoned = running.size;
    // Both of its connections: ours, and the blocking one that BullMQ duplicated from it.
    void worker.disconnect().catch(() => {});
    connection?.disconnect();
    return { abandoned };
  }
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
