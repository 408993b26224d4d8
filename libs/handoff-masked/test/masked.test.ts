import { batchEnvelope, defineHandoff, type HandoffInput, newBatchId, packBase64, packTexts } from '@masque/handoff';
import { overTheWire } from '@masque/handoff/testing';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { masked, type MaskedBatch } from '../src/masked.ts';

const aReject = (at: number) => ({ at, reason: 'not_json', fields: [], body: 'c2VhbGVk' });

/** As the masker hands over: `placed` says for each message whether it became a row. */
function aBatch(placed: readonly boolean[], given: Partial<MaskedBatch> = {}): MaskedBatch {
  const rows = placed.flatMap((isRow, at) => (isRow ? [at] : []));
  return {
    batch: newBatchId(),
    pipeline: 'user-logins',
    deadline: 1_790_000_000_000,
    messageIds: placed.map((_, at) => `m-${at}`),
    receipts: placed.map((_, at) => `r-${at}`),
    sentAt: placed.map((_, at) => at),
    receivedAt: 1_789_999_000_500,
    rows,
    columns: {
      user_id: packTexts(rows.map((at) => `u-${at}`)),
      locale: packTexts(rows.map(() => null)),
      app_version: rows,
    },
    rejects: placed.flatMap((isRow, at) => (isRow ? [] : [aReject(at)])),
    keys: [{ kid: 'k7x2qa', method: 'rsa', fingerprint: 'sha256:00' }],
    ...given,
  };
}

const read = (batch: MaskedBatch, changes: object = {}) => overTheWire(masked, batch, changes);
const isRead = (batch: MaskedBatch): boolean => read(batch).ok;

const placements = fc.array(fc.boolean(), { minLength: 1, maxLength: 30 });

test('a batch comes over the wire as it was, all rows, all rejects or mixed', () => {
  const property = fc.property(placements, (placed) => {
    const batch = aBatch(placed);
    expect(read(batch)).toEqual({ ok: true, value: batch });
  });
  fc.assert(property);
});

test('rows and rejects in any order are still every message once', () => {
  const property = fc.property(placements, fc.infiniteStream(fc.nat()), (placed, ranks) => {
    const { rows, rejects } = aBatch(placed);
    expect(isRead(aBatch(placed, { rows: shuffled(rows, ranks), rejects: shuffled(rejects, ranks) }))).toBe(true);
  });
  fc.assert(property);
});

function shuffled<T>(all: readonly T[], ranks: Iterator<number, number>): T[] {
  const ranked = all.map((each) => ({ each, rank: ranks.next().value }));
  return ranked.sort((a, b) => a.rank - b.rank).map(({ each }) => each);
}

test('exactly the batches that place each message once are read', () => {
  const indices = fc.array(fc.nat(5), { maxLength: 5 });
  const property = fc.property(fc.integer({ min: 1, max: 5 }), indices, indices, (messages, rows, rejected) => {
    const placed = [...rows, ...rejected].sort((a, b) => a - b);
    const eachOnce = placed.length === messages && placed.every((at, index) => at === index);
    const batch = aBatch(Array<boolean>(messages).fill(true), {
      rows,
      columns: { user_id: packTexts(rows.map(String)) },
      rejects: rejected.map(aReject),
    });
    expect(isRead(batch)).toBe(eachOnce);
  });
  fc.assert(property, {
    numRuns: 500,
    // Those that chance rarely finds: a lost message, one twice, one in both places, one that is not there.
    examples: [
      [2, [0], []],
      [2, [0, 0], []],
      [2, [0], [0]],
      [2, [0, 2], []],
      [2, [1], [0]],
      [1, [], [0]],
    ],
  });
});

test('a column of another length than the rows is refused', () => {
  const property = fc.property(placements, fc.nat(31), (placed, count) => {
    const batch = aBatch(placed);
    const cells = Array<string>(count).fill('rsa1.k7x2qa.AA');
    for (const ip of [cells, packTexts(cells)]) {
      expect(isRead({ ...batch, columns: { ...batch.columns, ip } })).toBe(count === batch.rows.length);
    }
  });
  fc.assert(property);
});

test('receipts and times are one a message', () => {
  const batch = aBatch([true, false, true]);
  expect(isRead({ ...batch, receipts: batch.receipts.slice(1) })).toBe(false);
  expect(isRead({ ...batch, sentAt: [...batch.sentAt, 3] })).toBe(false);
});

/** As a release wrote it that knew no packed columns. */
const unpacked = (given: Partial<MaskedBatch> = {}) => aBatch([true], { columns: { user_id: ['u-0'] }, ...given });

test.each<[string, object, string]>([
  ['a cell that is an object', { columns: { SENTINEL: [{ ip: 'SENTINEL' }] } }, 'columns'],
  ['columns of another length', { columns: { SENTINEL: ['SENTINEL', 'SENTINEL'] } }, 'columns'],
  ['a reason in words', { rows: [], rejects: [{ ...aReject(0), reason: 'bad ip SENTINEL' }] }, 'rejects.0'],
  ['a row before the first', { rows: [-1] }, 'rows.0'],
  ['a message lost', { rows: [], columns: {} }, 'rows'],
])('%s is refused, without a value', (_, broken, at) => {
  expect(read(unpacked(), broken)).toEqual({ ok: false, why: 'shape', at });
});

test.each<[string, Buffer]>([
  ['texts in clear', Buffer.from('SENTINEL')],
  ['bytes', packBase64(['U0VOVElORUw='])],
  ['a list cut off', packTexts(['SENTINEL']).subarray(0, -1)],
  ['nothing', Buffer.alloc(0)],
])('a column that is no packed list of texts is refused, without a value: %s', (_, SENTINEL) => {
  expect(read(aBatch([true], { columns: { SENTINEL } }))).toEqual({ ok: false, why: 'shape', at: 'columns' });
});

const token = `vlt1.k7x2qa.${'A'.repeat(43)}`;
const entries = { tokens: [token], kids: ['k7x2qa'], ciphertexts: packBase64(['c2VhbGVk']) };
const entriesInJson = { ...entries, ciphertexts: ['c2VhbGVk'] };

describe('the version', () => {
  const schema = z.object(batchEnvelope);
  const first = defineHandoff({ name: 'masked', version: 1, schema });
  const second = defineHandoff({ name: 'masked', version: 1, raisedBy: { entries: 2 }, schema });
  const other = { ok: false, why: 'version', at: 'v' };

  test('a batch without bytes is of version 1, and read by every release', () => {
    const { data } = masked.write(unpacked());
    expect(data).toMatchObject({ v: 1 });
    expect([first.read(data).ok, second.read(data).ok]).toEqual([true, true]);
  });

  test('a batch with entries in the job itself is of version 2: a loader that would drop them leaves it alone', () => {
    const batch: HandoffInput<typeof masked> = { ...unpacked(), entries: entriesInJson };
    const { data } = masked.write(batch);
    expect(data).toMatchObject({ v: 2 });
    expect([first.read(data), second.read(data).ok]).toEqual([other, true]);
    // And what the vault is given is the same in either.
    expect(overTheWire(masked, batch)).toEqual({ ok: true, value: unpacked({ batch: batch.batch, entries }) });
    expect(overTheWire(masked, batch, { v: 1 })).toEqual({ ok: false, why: 'shape', at: 'v' });
  });

  test.each([{}, { entries }])(
    'a batch with packed columns is of version 3: a loader that unpacks none leaves it alone',
    (given) => {
      const batch = aBatch([true], given);
      const { data } = masked.write(batch);
      expect(data).toMatchObject({ v: 3 });
      expect([first.read(data), second.read(data)]).toEqual([other, other]);
      expect(read(batch)).toEqual({ ok: true, value: batch });
      for (const v of [1, 2]) expect(read(batch, { v })).toEqual({ ok: false, why: 'shape', at: 'v' });
    },
  );
});

test.each<[string, object]>([
  ['none at all', { tokens: [], kids: [], ciphertexts: [] }],
  ['a token of another method', { tokens: [token.replace('vlt1', 'rsa1')] }],
  ['a value in a token’s place', { tokens: ['SENTINEL'] }],
  ['a token too short', { tokens: [token.slice(0, -1)] }],
  ['a key id that is none', { kids: ['SENTINEL'] }],
  ['a ciphertext that is no base64', { ciphertexts: ['c2VhbGV'] }],
  ['an empty ciphertext', { ciphertexts: [''] }],
  ['fewer ciphertexts than tokens', { ciphertexts: [] }],
  ['more kids than tokens', { kids: ['k7x2qa', 'k7x2qa'] }],
  ['ciphertexts packed as texts', { ciphertexts: packTexts(['SENTINEL']) }],
  ['an empty ciphertext, packed', { ciphertexts: packBase64(['']) }],
  ['more ciphertexts than tokens, packed', { ciphertexts: packBase64(['c2VhbGVk', 'c2VhbGVk']) }],
])('entries that the vault could not hold are refused, without a value: %s', (_, broken) => {
  const result = read(unpacked({ entries: { ...entries, ...broken } }));
  expect(result).toEqual({ ok: false, why: 'shape', at: expect.stringMatching(/^entries/) });
});

test('a newer version is left to newer replicas; its new fields alone are tolerated', () => {
  const batch = aBatch([true]);
  expect(read(batch, { v: 4 })).toEqual({ ok: false, why: 'version', at: 'v' });
  expect(read(batch, { priority: 9, rejects: [] })).toEqual({ ok: true, value: batch });
});

test('what is not masked yet does not fit the type', () => {
  const { rows: _, ...withoutRows } = unpacked();
  // @ts-expect-error rows are missing
  const input: HandoffInput<typeof masked> = withoutRows;
  expect(overTheWire(masked, input)).toEqual({ ok: false, why: 'shape', at: 'rows' });
});
