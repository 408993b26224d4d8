import { array, assert, integer, oneof, property } from 'fast-check';
import { expect, test } from 'vitest';
import { createQueues, inBatches } from '../src/queues.ts';

test('batches hold every body once, in order, ten and 1 MiB at most', () => {
  const sizes = array(oneof(integer({ min: 0, max: 50 }), integer({ min: 90_000, max: 600_000 })), {
    maxLength: 60,
  });
  assert(
    property(sizes, (lengths) => {
      const bodies = lengths.map((length) => 'é'.repeat(length));
      const batches = inBatches(bodies);
      expect(batches.flat()).toEqual([...bodies.keys()]);
      for (const batch of batches) {
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(10);
        const bytes = batch.reduce((sum, index) => sum + Buffer.byteLength(bodies[index] ?? ''), 0);
        // A body over the limit travels alone, for the server to refuse.
        expect(batch.length === 1 || bytes <= 1_048_576).toBe(true);
      }
    }),
    { numRuns: 50 },
  );
});

test('a server that is not there is a fault that heals', async () => {
  const queues = createQueues(() => 'http://127.0.0.1:9');
  await expect(queues.createQueue('any')).rejects.toMatchObject({ code: 'sqs_unreachable', heals: true });
});
