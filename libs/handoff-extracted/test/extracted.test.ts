import { batchEnvelope, defineHandoff, type HandoffInput, newBatchId } from '@masque/handoff';
import { overTheWire } from '@masque/handoff/testing';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { extracted, type ExtractedBatch, sealContext } from '../src/extracted.ts';

/** A batch of one, and what is told apart from it. */
function aBatch(given: Partial<ExtractedBatch> = {}): ExtractedBatch {
  return {
    batch: newBatchId(),
    pipeline: 'user-logins',
    deadline: 1_790_000_000_000,
    messageIds: ['m-1'],
    receipts: ['r-1'],
    sentAt: [1_789_999_000_000],
    receivedAt: 1_789_999_000_500,
    sealed: Buffer.from('sealed'),
    ...given,
  };
}

const read = (batch: ExtractedBatch, changes: object = {}) => overTheWire(extracted, batch, changes);

test('a batch comes over the wire as it was', () => {
  const message = fc.record({ id: fc.uuid(), receipt: fc.string({ maxLength: 1_024 }), at: fc.nat() });
  const messages = fc.array(message, { minLength: 1, maxLength: 20 });
  const property = fc.property(messages, fc.uint8Array(), (all, sealed) => {
    const batch = aBatch({
      messageIds: all.map(({ id }) => id),
      receipts: all.map(({ receipt }) => receipt),
      sentAt: all.map(({ at }) => at),
      sealed: Buffer.from(sealed),
      trace: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    });
    expect(read(batch)).toEqual({ ok: true, value: batch });
  });
  fc.assert(property, { numRuns: 50 });
});

test('a column of another length than the messages is refused', () => {
  const lengths = fc.record({ receipts: fc.nat(3), sentAt: fc.nat(3) });
  const property = fc.property(fc.integer({ min: 1, max: 3 }), lengths, (messages, { receipts, sentAt }) => {
    const batch = aBatch({
      messageIds: Array.from({ length: messages }, (_, at) => `m-${at}`),
      receipts: Array.from({ length: receipts }, (_, at) => `r-${at}`),
      sentAt: Array.from({ length: sentAt }, (_, at) => at),
    });
    expect(read(batch).ok).toBe(receipts === messages && sentAt === messages);
  });
  fc.assert(property);
});

test.each<[string, object, string]>([
  ['no messages', { messageIds: [], receipts: [], sentAt: [] }, 'messageIds'],
  ['a message id that is none', { messageIds: [{ SENTINEL: 1 }] }, 'messageIds.0'],
  ['a time with a fraction', { sentAt: [1.5] }, 'sentAt.0'],
  ['an id that is no batch’s', { batch: 'SENTINEL' }, 'batch'],
])('%s is refused, without a value', (_, broken, at) => {
  expect(read(aBatch(), broken)).toEqual({ ok: false, why: 'shape', at });
});

test('bodies that are no bytes are refused, without a value', () => {
  const sealed = ['SENTINEL'] as unknown as Buffer;
  expect(read(aBatch({ sealed }))).toEqual({ ok: false, why: 'shape', at: 'sealed' });
});

test('what an older release wrote is read: bodies as base64, in the job itself', () => {
  const sealed = Buffer.from('sealed');
  const batch = { ...aBatch({ sealed }), sealed: sealed.toString('base64') };
  expect(extracted.write(batch)).toEqual({ data: { v: 1, ...batch } });
  expect(overTheWire(extracted, batch)).toEqual({ ok: true, value: { ...batch, sealed } });
});

test('an older release leaves a batch with freight to newer ones', () => {
  const before = defineHandoff({ name: 'extracted', version: 1, schema: z.object(batchEnvelope) });
  const { data } = extracted.write(aBatch());
  expect(data).toMatchObject({ v: 2 });
  expect(before.read(data)).toEqual({ ok: false, why: 'version', at: 'v' });
});

test('a newer version is left to newer replicas; its new fields alone are tolerated', () => {
  const batch = aBatch();
  expect(read(batch, { v: 3 })).toEqual({ ok: false, why: 'version', at: 'v' });
  expect(read(batch, { priority: 9 })).toEqual({ ok: true, value: batch });
});

test('bodies are bound to their pipeline and batch', () => {
  const contexts = [sealContext('a', 'b-1'), sealContext('a', 'b-2'), sealContext('b', 'b-1')];
  expect(new Set(contexts).size).toBe(3);
  // On the wire: what was sealed by one release is opened by the next.
  expect(contexts[0]).toBe('masque/extracted/v1/a/b-1');
});

test('a body in clear has no place in the type', () => {
  // @ts-expect-error only what is sealed travels
  const input: HandoffInput<typeof extracted> = { ...aBatch(), bodies: ['{"ip":"192.0.2.1"}'] };
  // And if it were given all the same, no consumer would see it.
  expect(overTheWire(extracted, input)).toEqual({ ok: true, value: expect.not.objectContaining({ bodies: [] }) });
});
