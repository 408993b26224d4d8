import { newBatchId } from '@masque/handoff';
import { noTracing } from '@masque/observability';
import type { DeleteFailure } from '@masque/sqs-source';
import { expect, test } from 'vitest';
import { createSettler } from '../src/settler.ts';

type Answer = (receipts: readonly string[]) => Omit<DeleteFailure, 'receipt'> | undefined;

const throttled = { code: 'ThrottlingException', final: false };
const invalid = { code: 'ReceiptHandleIsInvalid', final: true };

/** SQS's answer to each call, by receipt; undefined: deleted. */
function setup(answer: (receipt: string, call: number) => ReturnType<Answer> = () => undefined) {
  const calls: (readonly string[])[] = [];
  const deleted: number[] = [];
  const lost: string[] = [];
  const settled: string[] = [];
  const handle = createSettler({
    tracing: noTracing,
    source: {
      async delete(receipts) {
        calls.push(receipts);
        return receipts.flatMap((receipt) => {
          const failure = answer(receipt, calls.length);
          return failure === undefined ? [] : [{ receipt, ...failure }];
        });
      },
    },
    onDeleted: (count) => deleted.push(count),
    onLost: (code) => lost.push(code),
    onSettled: (id) => settled.push(id),
  });
  const batch = newBatchId();
  const settle = (receipts: string[], signal = new AbortController().signal): ReturnType<typeof handle> =>
    handle(
      { batch: { batch, pipeline: 'user-logins', deadline: 0, receivedAt: 0, receipts }, earlierTries: 0, addedAt: 0 },
      signal,
    );
  const total = (): number => deleted.reduce((sum, count) => sum + count, 0);
  return { settle, batch, calls, lost, settled, total };
}

test('all are deleted in one call', async () => {
  const { settle, batch, calls, settled, total } = setup();
  expect(await settle(['a', 'b', 'c'])).toBe('done');
  expect(calls).toEqual([['a', 'b', 'c']]);
  expect([total(), settled]).toEqual([3, [batch]]);
});

test('only what failed is tried again', async () => {
  const { settle, calls, lost, total } = setup((receipt, call) =>
    (receipt === 'b' && call < 3) || (receipt === 'd' && call < 2) ? throttled : undefined,
  );
  expect(await settle(['a', 'b', 'c', 'd'])).toBe('done');
  expect(calls).toEqual([['a', 'b', 'c', 'd'], ['b', 'd'], ['b']]);
  expect([total(), lost]).toEqual([4, []]);
});

test('what can never succeed is counted once and not tried again', async () => {
  const { settle, batch, calls, lost, settled, total } = setup((receipt) => (receipt === 'b' ? invalid : undefined));
  expect(await settle(['a', 'b', 'c'])).toBe('done');
  expect(calls).toHaveLength(1);
  expect([total(), lost, settled]).toEqual([2, ['ReceiptHandleIsInvalid'], [batch]]);
});

test('a failure may become final on the way', async () => {
  const { settle, lost, total } = setup((receipt, call) =>
    receipt === 'b' ? (call < 2 ? throttled : invalid) : undefined,
  );
  expect(await settle(['a', 'b'])).toBe('done');
  expect([total(), lost]).toEqual([1, ['ReceiptHandleIsInvalid']]);
});

test('after five tries the job waits in Redis, and is not settled', async () => {
  const { settle, calls, lost, settled, total } = setup((receipt) => (receipt === 'b' ? throttled : undefined));
  expect(await settle(['a', 'b'])).toBe('later');
  expect(calls).toEqual([['a', 'b'], ['b'], ['b'], ['b'], ['b']]);
  expect([total(), lost, settled]).toEqual([1, [], []]);
});

test('at shutdown it tries no longer', async () => {
  const { settle, calls, settled } = setup(() => throttled);
  expect(await settle(['a'], AbortSignal.abort())).toBe('later');
  expect(calls).toHaveLength(1);
  expect(settled).toEqual([]);
});

test('a shutdown ends the pause, with one last try', async () => {
  const stop = new AbortController();
  const { settle, calls } = setup((_, call) => {
    if (call === 4) queueMicrotask(() => stop.abort());
    return throttled;
  });
  expect(await settle(['a'], stop.signal)).toBe('later');
  expect(calls.length).toBeLessThanOrEqual(5);
});
