import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWeightLimit } from '../src/weight-limit.ts';

/** Work that ends when the test says so. */
function setup(most: number) {
  const limit = createWeightLimit(most);
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    began,
    async run(this: void, name: string, weight: number): Promise<void> {
      await limit.run(weight, async () => {
        began.push(name);
        await new Promise<void>((resolve) => ends.set(name, resolve));
      });
    },
    async end(this: void, name: string): Promise<void> {
      ends.get(name)?.();
      await new Promise(setImmediate);
    },
  };
}

test('what fits runs at once, what does not stands in line', async () => {
  const { run, began, end } = setup(10);
  for (const [name, weight] of [
    ['a', 6],
    ['b', 4],
    ['c', 5],
    ['d', 1],
  ] as const)
    void run(name, weight);
  expect(began).toEqual(['a', 'b']);
  await end('b');
  // The small one does not overtake: a heavy one would never have its turn.
  expect(began).toEqual(['a', 'b']);
  await end('a');
  expect(began).toEqual(['a', 'b', 'c', 'd']);
});

test('what is heavier than the limit runs alone', async () => {
  const { run, began, end } = setup(10);
  for (const [name, weight] of [
    ['a', 1],
    ['heavy', 99],
    ['b', 1],
  ] as const)
    void run(name, weight);
  expect(began).toEqual(['a']);
  await end('a');
  expect(began).toEqual(['a', 'heavy']);
  await end('heavy');
  expect(began).toEqual(['a', 'heavy', 'b']);
});

test('work that fails makes room as well', async () => {
  const limit = createWeightLimit(1);
  await expect(limit.run(1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await limit.run(1, async () => 'done')).toBe('done');
});

test('never more than the limit, everything in its turn', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(12), { maxLength: 30 }), async (weights) => {
      const limit = createWeightLimit(10);
      let underWay = 0;
      const order: number[] = [];
      await Promise.all(
        weights.map((weight, at) =>
          limit.run(weight, async () => {
            order.push(at);
            underWay += weight;
            expect(underWay <= 10 || underWay === weight).toBe(true);
            await new Promise(setImmediate);
            underWay -= weight;
          }),
        ),
      );
      expect(order).toEqual([...weights.keys()]);
    }),
    { numRuns: 100 },
  );
});
