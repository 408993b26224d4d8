import { Fault } from '@masque/fault';

/**
 * Notices a worker that takes nothing though there is something to take: BullMQ's loop has more than one way to die
 * without a word (an init that was rejected, a blocked connection that never woke). A process in that state is better
 * restarted, so the owner is told, once.
 */
export interface WatchdogOptions {
  readonly queue: string;
  /** Jobs that wait to be taken. */
  readonly waiting: () => Promise<number>;
  /** Is a handler running? Then the worker lives, however long the handler takes. */
  readonly isBusy: () => boolean;
  readonly onStuck: (fault: Fault) => void;
  /** Default 60,000. */
  readonly patienceMs?: number;
  readonly now?: () => number;
}

export interface Watchdog {
  /** A job was taken. */
  taken(): void;
  start(): void;
  stop(): void;
}

export function createWatchdog(options: WatchdogOptions): Watchdog {
  const { patienceMs = 60_000, now = Date.now } = options;
  let lastSign = now();
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    // An empty queue, a busy worker and a Redis that does not answer all mean that nothing can be held against it.
    const waiting = options.isBusy() ? 0 : await options.waiting().catch(() => 0);
    if (waiting === 0) lastSign = now();
    if (now() - lastSign < patienceMs || timer === undefined) return;
    stop();
    options.onStuck(
      new Fault('worker_stuck', `${waiting} batches wait on ${options.queue}, and this process takes none`, {
        heals: true,
        advice: 'It ends, to be started again.',
      }),
    );
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    taken: () => (lastSign = now()),
    start() {
      lastSign = now();
      timer ??= setInterval(() => void look(), patienceMs / 6).unref();
    },
    stop,
  };
}
