/** Runs a task now or when one of `width` lanes is free, in the order of the calls. */
export type Lanes = <T>(task: () => Promise<T>) => Promise<T>;

export function createLanes(width: number): Lanes {
  const waiting: (() => void)[] = [];
  let free = width;
  return async (task) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((enter) => waiting.push(enter));
    try {
      return await task();
    } finally {
      // The lane goes straight to the next in line, so a newcomer cannot overtake.
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
