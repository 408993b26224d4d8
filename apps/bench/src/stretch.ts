import { setTimeout as sleep } from 'node:timers/promises';

export interface Stretch {
  /** What is worked off, for the case that it is not. */
  readonly what: string;
  readonly total: number;
  hasBegun(): Promise<boolean>;
  left(): Promise<number>;
  readonly signal: AbortSignal;
}

/** Nothing was taken or finished for so long: it will not end. */
const stuckAfterMs = 60_000;

export interface Timed {
  readonly seconds: number;
  /** What was left when the clock started: on a busy machine the beginning is seen late. */
  readonly messages: number;
}

/** Waits until work has begun, then until none is left. @param onBegin called in between */
export async function timeOf(stretch: Stretch, onBegin: () => void): Promise<Timed> {
  const { what, total, signal } = stretch;
  let moved = performance.now();
  let left = total;
  const pause = async (ms: number): Promise<void> => {
    signal.throwIfAborted();
    if (performance.now() - moved > stuckAfterMs)
      throw new Error(`${what}: ${left} of ${total} are left, and none moves`);
    await sleep(ms);
  };
  while (!(await stretch.hasBegun())) await pause(2);
  onBegin();
  const began = performance.now();
  const messages = await stretch.left();
  for (;;) {
    const now = await stretch.left();
    if (now === 0) return { seconds: (performance.now() - began) / 1_000, messages };
    if (now !== left) moved = performance.now();
    left = now;
    // Often enough to miss the end by little, seldom enough to cost the server nothing that shows.
    await pause(left > total / 20 ? 100 : 5);
  }
}
