/**
 * Keeps the messages of batches that are still under way hidden in SQS, so that honest work which takes longer than
 * the visibility timeout (a backlog, an outage of PostgreSQL) is not done twice and no receive count climbs.
 *
 *     sent ──▶ watched ──gone from every queue──▶ forgotten: settled, or lost with Redis
 *                 │ half of the lease is over
 *                 ├──▶ extended by another visibility timeout
 *                 └──twelve hours after the receive──▶ left to SQS, which allows no more
 *
 * Only the replica that received a batch watches it; it asks Redis whether the batch is still there, since another
 * replica may settle it. A replica that dies watches nothing any more, and SQS shows its messages again: a lease is an
 * economy, never a guarantee.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, toFault } from '@masque/fault';
import type { JobQueue } from '@masque/job-queue';
import type { SqsSource } from '@masque/sqs-source';
import type { SentBatch } from './shipper.ts';

export interface LeaseKeeperOptions {
  readonly pipeline: string;
  readonly visibilityTimeoutS: number;
  readonly leases: JobQueue['leases'];
  readonly source: Pick<SqsSource, 'extend'>;
  /** Every arrow a batch can be on. */
  readonly handoffs: readonly string[];
  readonly onExtended: (messages: number) => void;
  readonly onFault: (fault: Fault) => void;
  readonly everyMs?: number;
}

export interface LeaseKeeper {
  watch(batch: SentBatch): void;
  /** This replica has settled it. */
  forget(id: string): void;
  readonly watched: number;
  /** Of the bodies of a watched batch; 0 while there is none. */
  readonly meanBytes: number;
  start(): void;
  stop(): void;
}

/** SQS: "a message can be hidden for at most 12 hours from its receive"; a quarter of an hour is left for clocks. */
const longestMs = 11.75 * 3_600_000;

interface Lease {
  readonly receipts: readonly string[];
  readonly receivedAt: number;
  readonly bytes: number;
  deadline: number;
}

export function createLeaseKeeper(options: LeaseKeeperOptions): LeaseKeeper {
  const { pipeline, leases, source, handoffs, visibilityTimeoutS } = options;
  const visibilityMs = visibilityTimeoutS * 1_000;
  const everyMs = options.everyMs ?? Math.min(2_000, visibilityMs / 6);
  const watched = new Map<string, Lease>();
  const stopped = new AbortController();

  async function look(): Promise<void> {
    const young = Date.now() + visibilityMs - everyMs;
    const due = [...watched].filter(([, lease]) => lease.deadline <= young);
    if (due.length === 0) return;
    const present = await leases.present(
      pipeline,
      handoffs,
      due.map(([id]) => id),
    );
    for (const [id, lease] of due) {
      if (!present.has(id) || lease.deadline < Date.now()) watched.delete(id);
      else if (lease.deadline - Date.now() < visibilityMs / 2) await extend(id, lease);
    }
  }

  async function extend(id: string, lease: Lease): Promise<void> {
    if (Date.now() + visibilityMs > lease.receivedAt + longestMs) {
      watched.delete(id);
      return;
    }
    const deadline = Date.now() + visibilityMs;
    const failures = await source.extend(lease.receipts, visibilityTimeoutS);
    options.onExtended(lease.receipts.length - failures.length);
    // Some failed for now: the next look tries again, while half of the lease is left.
    if (failures.some(({ final }) => !final)) return;
    lease.deadline = deadline;
    await leases.record(pipeline, id, visibilityMs);
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      await sleep(everyMs, undefined, { signal: stopped.signal }).catch(() => {});
      if (stopped.signal.aborted) return;
      // Redis or SQS is away: the leases run on, and so does the watch.
      await look().catch((error: unknown) => options.onFault(toFault(error)));
    }
  }

  return {
    watch: ({ id, receipts, receivedAt, bytes }) =>
      void watched.set(id, { receipts, receivedAt, bytes, deadline: receivedAt + visibilityMs }),
    forget: (id) => void watched.delete(id),
    get watched() {
      return watched.size;
    },
    get meanBytes() {
      return watched.values().reduce((sum, { bytes }) => sum + bytes, 0) / Math.max(1, watched.size);
    },
    start: () => void run(),
    stop: () => stopped.abort(),
  };
}
