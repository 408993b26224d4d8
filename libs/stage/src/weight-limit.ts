/** Work that is under way at once, by its weight in bytes rather than by its number. */
export interface WeightLimit {
  /**
   * Runs `work` as soon as it fits beside what is under way, in the order of the calls. What is heavier than the limit
   * runs alone.
   */
  run<T>(weight: number, work: () => Promise<T>): Promise<T>;
}

export function createWeightLimit(most: number): WeightLimit {
  let underWay = 0;
  const waiting: { readonly weight: number; readonly begin: () => void }[] = [];

  function fits(weight: number): boolean {
    return underWay === 0 || underWay + weight <= most;
  }

  return {
    async run(weight, work) {
      if (waiting.length === 0 && fits(weight)) underWay += weight;
      else await new Promise<void>((begin) => waiting.push({ weight, begin }));
      try {
        return await work();
      } finally {
        underWay -= weight;
        for (let next = waiting[0]; next !== undefined && fits(next.weight); next = waiting[0]) {
          waiting.shift();
          underWay += next.weight;
          next.begin();
        }
      }
    },
  };
}
