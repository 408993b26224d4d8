import { expect, test } from 'vitest';
import { createLanes } from '../src/lanes.ts';

test('no more than its width runs at once, in order, and a failure frees its lane', async () => {
  const lanes = createLanes(2);
  const started: number[] = [];
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<number>());
  const results = gates.map(({ promise }, index) =>
    lanes(() => {
      started.push(index);
      return promise;
    }),
  );
  await Promise.resolve();
  expect(started).toEqual([0, 1]);
  gates[1]?.reject(new Error('expected'));
  await expect(results[1]).rejects.toThrow('expected');
  expect(started).toEqual([0, 1, 2]);
  gates[0]?.resolve(0);
  gates[2]?.resolve(2);
  gates[3]?.resolve(3);
  expect(await Promise.all([results[0], results[2], results[3]])).toEqual([0, 2, 3]);
  // All lanes are free again.
  const more = [lanes(() => Promise.resolve('a')), lanes(() => Promise.resolve('b'))];
  expect(await Promise.all(more)).toEqual(['a', 'b']);
});

test('a task that throws before its promise frees its lane too', async () => {
  const lanes = createLanes(1);
  await expect(
    lanes(() => {
      throw new Error('at once');
    }),
  ).rejects.toThrow('at once');
  expect(await lanes(() => Promise.resolve(1))).toBe(1);
});
