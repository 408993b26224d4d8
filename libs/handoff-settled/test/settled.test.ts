import { type HandoffInput, newBatchId } from '@masque/handoff';
import { overTheWire } from '@masque/handoff/testing';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { settled, type SettledBatch } from '../src/settled.ts';

function aBatch(given: Partial<SettledBatch> = {}): SettledBatch {
  return {
    batch: newBatchId(),
    pipeline: 'user-logins',
    deadline: 1_790_000_000_000,
    receipts: ['r-1'],
    receivedAt: 1_789_999_000_500,
    ...given,
  };
}

const read = (batch: SettledBatch, changes: object = {}) => overTheWire(settled, batch, changes);

test('a batch comes through JSON as it was, whatever is in a receipt', () => {
  // "up to 1,024 characters", of no promised alphabet (SQS, ReceiptHandle).
  const receipts = fc.array(fc.string({ maxLength: 1_024, unit: 'grapheme' }), { minLength: 1, maxLength: 10 });
  const property = fc.property(receipts, (receipts) => {
    const batch = aBatch({ receipts });
    expect(read(batch)).toEqual({ ok: true, value: batch });
  });
  fc.assert(property, { numRuns: 50 });
});

test.each<[string, object, string]>([
  ['nothing to delete', { receipts: [] }, 'receipts'],
  ['a receipt that is none', { receipts: ['r-1', { SENTINEL: 1 }] }, 'receipts.1'],
  ['a deadline that is none', { deadline: 'SENTINEL' }, 'deadline'],
  ['no pipeline', { pipeline: undefined }, 'pipeline'],
])('%s is refused, without a value', (_, broken, at) => {
  expect(read(aBatch(), broken)).toEqual({ ok: false, why: 'shape', at });
});

test('a newer version is left to newer replicas; its new fields alone are tolerated', () => {
  const batch = aBatch();
  expect(read(batch, { v: 2 })).toEqual({ ok: false, why: 'version', at: 'v' });
  expect(read(batch, { rows: [1] })).toEqual({ ok: true, value: batch });
});

test('a batch without receipts does not fit the type', () => {
  const { receipts: _, ...withoutReceipts } = aBatch();
  // @ts-expect-error there is nothing to delete
  const input: HandoffInput<typeof settled> = withoutReceipts;
  expect(overTheWire(settled, input)).toEqual({ ok: false, why: 'shape', at: 'receipts' });
});
