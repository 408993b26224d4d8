import * as fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { batchEnvelope, batchIdPattern, newBatchId } from '../src/batch.ts';
import { defineHandoff, type HandoffInput, type HandoffOutput, queueName } from '../src/handoff.ts';
import { overTheWire } from '../src/testing.ts';

const letters = defineHandoff({
  name: 'letters',
  version: 3,
  schema: z.object({
    ...batchEnvelope,
    lines: z.array(z.object({ text: z.string().max(1_000) })),
    urgent: z.boolean().default(false),
    byPlace: z.record(z.string().max(20), z.number()).optional(),
  }),
});

const envelope = { batch: newBatchId(), pipeline: 'post', deadline: 1_790_000_000_000 };
const letter = { ...envelope, lines: [{ text: 'a' }] };

test('what was written is read as the schema gives it, through JSON', () => {
  const lines = fc.array(fc.record({ text: fc.string({ maxLength: 50, unit: 'binary' }) }), { maxLength: 9 });
  const property = fc.property(lines, fc.option(fc.boolean(), { nil: undefined }), (lines, urgent) => {
    expect(overTheWire(letters, { ...envelope, lines, urgent })).toEqual({
      ok: true,
      value: { ...envelope, lines, urgent: urgent ?? false },
    });
  });
  fc.assert(property);
});

test('on the wire it is the version and the fields', () => {
  expect(letters.write(letter)).toEqual({ data: { v: 3, ...letter } });
});

test('a value’s own `v` cannot pass for the version', () => {
  const value = { ...letter, v: 99 };
  expect(letters.write(value).data).toMatchObject({ v: 3 });
  expect(overTheWire(letters, value).ok).toBe(true);
});

test('fields of a newer release are tolerated and dropped', () => {
  const data = { v: 3, ...letter, colour: 'red', lines: [{ text: 'a', size: 12 }] };
  expect(letters.read(data)).toEqual({ ok: true, value: { ...letter, urgent: false } });
});

test('another version is left to others, without a look at the rest', () => {
  const version = fc.integer().filter((v) => v !== 3);
  const property = fc.property(version, fc.jsonValue(), (v, rest) => {
    expect(letters.read({ rest, v })).toEqual({ ok: false, why: 'version', at: 'v' });
  });
  fc.assert(property, { numRuns: 50 });
});

describe('a field that an older consumer must not overlook', () => {
  const older = z.object({ ...batchEnvelope, text: z.string() });
  const before = defineHandoff({ name: 'parcels', version: 3, schema: older });
  const now = defineHandoff({
    name: 'parcels',
    version: 3,
    raisedBy: { customs: 4, insurance: 6 },
    schema: older.extend({ customs: z.string().optional(), insurance: z.number().optional() }),
  });
  const parcel = { ...envelope, text: 'a' };

  test('raises the version of batches that have it, and of no others', () => {
    expect(now.write(parcel).data).toMatchObject({ v: 3 });
    expect(now.write({ ...parcel, customs: undefined }).data).toMatchObject({ v: 3 });
    expect(now.write({ ...parcel, customs: 'x' }).data).toMatchObject({ v: 4 });
    expect(now.write({ ...parcel, customs: 'x', insurance: 1 }).data).toMatchObject({ v: 6 });
  });

  test('so the release before leaves these to others, and takes the rest', () => {
    expect(before.read(now.write(parcel).data).ok).toBe(true);
    expect(before.read(now.write({ ...parcel, customs: 'x' }).data)).toEqual({ ok: false, why: 'version', at: 'v' });
    expect(now.read(before.write(parcel).data).ok).toBe(true);
  });

  test.each([
    [3, { customs: 'x' }],
    [4, {}],
    [4, { insurance: 1 }],
    [5, { customs: 'x' }],
    [6, { customs: 'x' }],
  ])('and no release writes version %i with %j', (v, fields) => {
    expect(now.read({ v, ...parcel, ...fields })).toEqual({ ok: false, why: 'shape', at: 'v' });
  });

  test('what is beyond the highest, or below the lowest, is of another release', () => {
    for (const v of [2, 7]) expect(now.read({ v, ...parcel })).toEqual({ ok: false, why: 'version', at: 'v' });
  });
});

test.each([undefined, null, '3', 3.5, true, [3]])('%j is no version at all', (v) => {
  expect(letters.read({ ...letter, v })).toEqual({ ok: false, why: 'shape', at: 'v' });
});

test('whatever Redis holds, reading does not throw and says yes, version or shape', () => {
  const property = fc.property(fc.oneof(fc.anything(), fc.jsonValue()), (data) => {
    const read = letters.read(data);
    expect(read.ok ? 'ok' : read.why).toMatch(/^(ok|version|shape)$/);
  });
  fc.assert(property, { numRuns: 300 });
});

const sentinel = 'SENTINEL-4711';

test.each<[string, object, string]>([
  ['a batch id', { batch: sentinel }, 'batch'],
  ['a deadline', { deadline: sentinel }, 'deadline'],
  ['a missing field', { lines: undefined }, 'lines'],
  ['an element', { lines: [{ text: 'a' }, { text: { [sentinel]: sentinel } }] }, 'lines.1'],
  ['an element’s length', { lines: [{ text: sentinel.repeat(100) }] }, 'lines.0'],
  // The keys of a record are data too.
  ['a key', { byPlace: { [sentinel]: sentinel } }, 'byPlace'],
  ['a key’s length', { byPlace: { [sentinel.repeat(3)]: 1 } }, 'byPlace'],
])('a refusal of %s names the field and carries no value', (_, broken, at) => {
  const read = letters.read({ v: 3, ...letter, ...broken });
  expect(read).toEqual({ ok: false, why: 'shape', at });
  expect(JSON.stringify(read)).not.toContain('SENTINEL');
});

test('a batch id fits BullMQ: prefixed, no colon, no integer, and never the same', () => {
  const ids = new Set(Array.from({ length: 5_000 }, () => newBatchId()));
  expect(ids.size).toBe(5_000);
  for (const id of ids) expect(id).toMatch(batchIdPattern);
  expect('b-0123456789abcde:').not.toMatch(batchIdPattern);
  expect('0123456789abcdef').not.toMatch(batchIdPattern);
});

test('a queue’s name is the pipeline’s and the handoff’s', () => {
  expect(queueName('user-logins', 'masked')).toBe('user-logins.masked');
});

test('a contract cannot be changed by who holds it', () => {
  expect(Object.isFrozen(letters)).toBe(true);
});

test('the publisher gives what the schema takes, the consumer gets what it gives', () => {
  expectTypeOf<HandoffInput<typeof letters>['urgent']>().toEqualTypeOf<boolean | undefined>();
  expectTypeOf<HandoffOutput<typeof letters>['urgent']>().toEqualTypeOf<boolean>();
  const read = letters.read({});
  // @ts-expect-error a value is there only when the reading went well
  expect(read.value).toBeUndefined();
  // @ts-expect-error an envelope is what every handoff carries
  defineHandoff({ name: 'bare', version: 1, schema: z.object({ lines: z.array(z.string()) }) });
});
