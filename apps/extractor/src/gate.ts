/**
 * Back-pressure: whether pollers may receive.
 *
 *     open ──a look: backlog ≥ max, nobody behind works, Redis away, or too many unsent──▶ closed
 *     open ──messages came: the backlog may be ≥ max by now, or nobody behind works──▶ closed
 *     closed ──a look: backlog < max (≤ max / 2 once it was full), somebody works, Redis there, and few unsent──▶ open
 *
 * Only a look opens it. The backlog is read from the queues themselves: settlements land on other replicas, and a
 * flushed Redis would leave a local count wrong for ever. What came since the last look is added to it (`backlog.ts`):
 * of bodies of 200 kB four pollers brought 45, where 10 were the limit, before one could. Half is the hysteresis, so
 * that the gate doesn't flutter: once the backlog was full, half it must be, whatever else closed the gate in between.
 * Messages are left in SQS while it is closed, not received and bounced: each receive counts towards the queue's
 * maxReceiveCount, and an outage of ours must send nobody to the dead-letter queue.
 *
 * While no masker or no loader works (PostgreSQL is away, the key file is wrong, all are scaled to zero) one batch is
 * still let through: it wakes what scales by the depth of its queue, and waits there without being received again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, toFault } from '@masque/fault';
import { type BacklogOptions, createBacklog, type Load } from './backlog.ts';

export type GateState = 'open' | 'backlog' | 'downstream' | 'unsent' | 'redis';

export interface GateOptions extends BacklogOptions {
  /** What waits or runs in the stages behind. */
  readonly readBacklog: () => Promise<Load>;
  /** Batches of this replica that are closed, and not in Redis yet. */
  readonly unsent: () => number;
  /** Does at least one replica of every stage behind work? */
  readonly downstreamWorks: () => boolean;
  readonly unsentMax: number;
  readonly everyMs?: number;
  readonly onFault: (fault: Fault) => void;
  readonly onChange?: (state: GateState) => void;
}

export interface Gate {
  readonly state: GateState;
  /** The most that can be behind by now. */
  readonly backlog: Load;
  /** Resolves as soon as the gate is open, or when it is stopped. */
  whenOpen(): Promise<void>;
  /** Messages came, and are in hand: the gate may shut on them at once. By its next look, hundreds had come. */
  received(): void;
  /** A batch is in hand no more, whichever way it went. */
  left(batch: Load): void;
  start(): void;
  stop(): void;
}

export function createGate(options: GateOptions): Gate {
  const { unsentMax, everyMs = 100 } = options;
  const backlog = createBacklog(options);
  let state: GateState = 'redis';
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
    if (backlog.isFull || backlog.mayBeFull) return 'backlog';
    if (backlog.atMost.batches > 0 && !options.downstreamWorks()) return 'downstream';
    return 'open';
  }

  async function watch(): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        await backlog.look(options.readBacklog);
        turn(options.unsent() >= unsentMax ? 'unsent' : judge());
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
      return backlog.atMost;
    },
    async whenOpen() {
      // Closed again before this caller ran: wait for the next opening.
      while (isShut()) await opened.promise;
    },
    received() {
      if (state === 'open') turn(judge());
    },
    left: (batch) => backlog.left(batch),
    start: () => void watch(),
    stop() {
      stopped.abort();
      opened.resolve();
    },
  };
}
