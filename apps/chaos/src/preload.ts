/**
 * Preloaded (`node --import`) into a replica that is to come to grief at a named point, or whose clock is to be set
 * back. It changes nothing of the stage: it listens to the points that the stage publishes (`diagnostics_channel`),
 * and a subscriber runs before the stage's next instruction.
 */
import { subscribe } from 'node:diagnostics_channel';
import { readPoison } from './poison.ts';

const { point, nth, signal, clockSetBackMs, clockAfterMs } = readPoison(process.env);

if (point !== undefined) {
  let seen = 0;
  subscribe(point, () => {
    seen += 1;
    if (seen === nth) process.kill(process.pid, signal);
  });
}

if (clockSetBackMs > 0) {
  const real = Date.now.bind(Date);
  let back = 0;
  setTimeout(() => (back = clockSetBackMs), clockAfterMs).unref();
  const now = (): number => real() - back;
  globalThis.Date = class extends Date {
    static override now = now;
    constructor(...parts: readonly unknown[]) {
      super(...((parts.length === 0 ? [now()] : parts) as [number]));
    }
  } as DateConstructor;
}
