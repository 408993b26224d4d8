/**
 * Back-pressure: whether pollers may receive.
 *
 *     open ──backlog ≥ max, nobody behind works, Redis away, or too many unsent──▶ closed
 *     closed ──backlog < max (≤ max / 2 once it was full), somebody works, Redis there, and few unsent──▶ open
 *
 * The backlog is read from the queues themselves, never counted here: settlements land on other replicas, and a
 * flushed Redis would leave a local count wrong for ever. Half is the hysteresis, so that the gate doesn't flutter: once
 * the backlog was full, half it must be, whatever else closed the gate in between.
 * Messages are left in SQS while it is closed, not received and bounced: each receive counts towards the queue's
 * maxReceiveCount, and an outage of ours must send nobody to the dead-letter queue.
 *
 * While no masker or no loader works (PostgreSQL is away, the key file is wrong, all are scaled to zero) one batch is
 * still let through: it wakes what scales by the depth of its queue, and waits there without being received again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, toFault } from '@masque/fault';

export type GateState = 'open' | 'backlog' | 'downstream' | 'unsent' | 'redis';

export interface GateOptions {
  /** Batches that wait or run in the stages behind; heavy ones may count for several. */
  readonly readBacklog: () => Promise<number>;
  /** Batches of this replica that are not in Redis yet. */
  readonly unsent: () => number;
  /** Does at least one replica of every stage behind work? */
  readonly downstreamWorks: () => boolean;
  readonly backlogMax: number;
  readonly unsentMax: number;
  readonly everyMs?: number;
  readonly onFault: (fault: Fault) => void;
  readonly onChange?: (state: GateState) => void;
}

export interface Gate {
  readonly state: GateState;
  readonly backlog: number;
  /** Resolves as soon as the gate is open, or when it is stopped. */
  whenOpen(): Promise<void>;
  /** Messages came. While nobody behind works the gate shuts on them at once: by its next look, hundreds had come. */
  received(): void;
  start(): void;
  stop(): void;
}

export function createGate(options: GateOptions): Gate {
  const { backlogMax, unsentMax, everyMs = 100 } = options;
  let state: GateState = 'redis';
  let backlog = 0;
  let isFull = false;
  let opened = Promise.withResolvers<void>();
  const stopped = new AbortController();

  function isShut(): boolean {
    return state !== 'open' && !stopped.signal.aborted;
  }

  function turn(next: GateState): void {
    if (next === state) return;
    if (next === 'open') opened.resolve();
    else if (state === 'open') opened = Promise.withResolvers<void>();
    state = next;
    options.onChange?.(next);
  }

  function judge(): GateState {
    isFull = backlog >= backlogMax || (isFull && backlog > backlogMax / 2);
    if (options.unsent() >= unsentMax) return 'unsent';
    if (isFull) return 'backlog';
    if (backlog + options.unsent() > 0 && !options.downstreamWorks()) return 'downstream';
    return 'open';
  }

  async function watch(): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        backlog = await options.readBacklog();
        turn(judge());
      } catch (error) {
        turn('redis');
        options.onFault(toFault(error));
      }
      await sleep(everyMs, undefined, { signal: stopped.signal }).catch(() => {});
    }
  }

  return {
    get state() {
      return state;
    },
    get backlog() {
      return backlog;
    },
    async whenOpen() {
      // Closed again before this caller ran: wait for the next opening.
      while (isShut()) await opened.promise;
    },
    received() {
      if (state === 'open' && !options.downstreamWorks()) turn('downstream');
    },
    start: () => void watch(),
    stop() {
      stopped.abort();
      opened.resolve();
    },
  };
}
