import { expect, test } from 'vitest';
import { createQueueCounts } from '../src/queue-counts.ts';

test('SQS is asked every ten seconds at most, also while it fails', async () => {
  let [clock, looks] = [0, 0];
  let fails = false;
  const counts = createQueueCounts(
    {
      counts: async () => {
        looks += 1;
        if (fails) throw new Error('away');
        return { visible: looks, inFlight: 7, delayed: 0 };
      },
    },
    () => clock,
  );
  expect(await counts()).toEqual({ visible: 1, in_flight: 7, delayed: 0 });
  clock = 10_000;
  expect((await counts()).visible).toBe(1);
  clock = 10_001;
  expect((await counts()).visible).toBe(2);
  fails = true;
  clock = 20_002;
  await expect(counts()).rejects.toThrow('away');
  await expect(counts()).rejects.toThrow('away');
  expect(looks).toBe(3);
  fails = false;
  clock = 30_003;
  expect((await counts()).visible).toBe(4);
});
