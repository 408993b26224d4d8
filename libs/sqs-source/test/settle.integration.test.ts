import { expect, test } from 'vitest';
import type { SqsSource } from '../src/index.ts';
import { awsError } from '@masque/local-stack/fault-proxy';
import { secretBody, useFaultyQueue } from './faulty-queue.ts';

const faulty = useFaultyQueue();

/** So many messages, sent and received past the proxy's rule. */
async function received(source: SqsSource, count: number): Promise<string[]> {
  await source.send(Array.from({ length: count }, () => secretBody));
  const receipts: string[] = [];
  while (receipts.length < count) receipts.push(...(await source.receive()).map(({ receipt }) => receipt));
  return receipts;
}

test('of a delete whose entries failed in part, those come back, with what retrying can do', async () => {
  const source = faulty.connect();
  const receipts = await received(source, 4);
  faulty.proxy.rule(() => ({
    kind: 'rewrite',
    answer: () => ({
      Successful: [{ Id: '0' }],
      Failed: [
        { Id: '1', Code: 'InternalError', SenderFault: false, Message: secretBody },
        { Id: '2', Code: 'ReceiptHandleIsInvalid', SenderFault: true },
        { Id: '3', Code: 'AWS.SimpleQueueService.RequestThrottled', SenderFault: true },
      ],
    }),
  }));
  expect(await source.delete(receipts)).toEqual([
    { receipt: receipts[1], code: 'InternalError', final: false },
    { receipt: receipts[2], code: 'ReceiptHandleIsInvalid', final: true },
    { receipt: receipts[3], code: 'RequestThrottled', final: false },
  ]);
});

test('of a delete whose second request fails, its receipts come back and the others are gone', async () => {
  const source = faulty.connect();
  const receipts = await received(source, 25);
  const lost = new Set<unknown>();
  faulty.proxy.rule(({ action, count, request }) => {
    if (action !== 'DeleteMessageBatch') return undefined;
    const [first] = request['Entries'] as { ReceiptHandle: string }[];
    if (count === 2) lost.add(first?.ReceiptHandle);
    return lost.has(first?.ReceiptHandle) ? awsError('InternalFailure', 500) : undefined;
  });
  const failures = await source.delete(receipts);
  expect(lost).toContain(failures[0]?.receipt);
  expect([5, 10]).toContain(failures.length);
  expect(failures.every(({ final, fault }) => !final && fault?.code === 'sqs_failed' && fault.heals)).toBe(true);
  expect((await source.counts()).inFlight).toBe(failures.length);
  faulty.proxy.rule();
  expect(await source.delete(failures.map(({ receipt }) => receipt))).toEqual([]);
  expect((await source.counts()).inFlight).toBe(0);
});

test('a delete whose answer was lost is repeated and harmless', async () => {
  const source = faulty.connect();
  const receipts = await received(source, 3);
  faulty.proxy.rule(({ count }) => (count === 1 ? { kind: 'cut', when: 'after' } : undefined));
  expect(await source.delete(receipts)).toEqual([]);
  expect(await source.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
});

test('deletes of several callers share eight requests at once, and a poll does not wait for them', async () => {
  const source = faulty.connect();
  const { promise, resolve } = Promise.withResolvers<void>();
  faulty.proxy.rule(({ action }) => (action === 'DeleteMessageBatch' ? { kind: 'hold', until: promise } : undefined));
  const receipts = Array.from({ length: 100 }, (_, index) => `r${index}`);
  const deletes = Promise.all([source.delete(receipts), source.delete(receipts)]);
  await expect.poll(() => faulty.proxy.peak).toBe(8);
  expect(await source.receive()).toEqual([]);
  resolve();
  expect(await deletes).toEqual([[], []]);
  expect(faulty.proxy.seen.get('DeleteMessageBatch')).toBe(20);
  expect(faulty.proxy.peak).toBeLessThanOrEqual(9);
});
