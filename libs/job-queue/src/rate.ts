export interface Rate {
  count(this: void): void;
  perSecond(this: void): number;
}

const memoryMs = 60_000;

/**
 * How often something happens, each time fading: what is a minute old counts for a third. Before the
 * first minute is over, what would have been there by then is made up for.
 */
export function createRate(now: () => number = () => performance.now()): Rate {
  const began = now();
  let sum = 0;
  let at = began;
  const fade = (): void => {
    sum *= Math.exp((at - now()) / memoryMs);
    at = now();
  };
  return {
    count() {
      fade();
      sum += 1;
    },
    perSecond() {
      fade();
      const share = 1 - Math.exp((began - at) / memoryMs);
      return share === 0 ? 0 : (sum * 1_000) / (memoryMs * share);
    },
  };
}
