import { type HandoffInput, newBatchId } from '@masque/handoff';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
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
    columns: { user_id: rows.map((at) => `u-${at}`), locale: rows.map(() => null), app_version: rows },
    rejects: placed.flatMap((isRow, at) => (isRow ? [] : [aReject(at)])),
    keys: [{ kid: 'k7x2qa', method: 'rsa', fingerprint: 'sha256:00' }],
    ...given,
  };
}

const read = (batch: object) => masked.read(JSON.parse(JSON.stringify(batch)));
const isRead = (batch: MaskedBatch): boolean => read(masked.write(batch)).ok;

const placements = fc.array(fc.boolean(), { minLength: 1, maxLength: 30 });

test('a batch comes through JSON as it was, all rows, all rejects or mixed', () => {
  const property = fc.property(placements, (placed) => {
    const batch = aBatch(placed);
    expect(read(masked.write(batch))).toEqual({ ok: true, value: batch });
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
      columns: { user_id: rows.map(String) },
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
  const property = fc.property(placements, fc.nat(31), (placed, cells) => {
    const batch = aBatch(placed);
    const columns = { ...batch.columns, ip: Array<string>(cells).fill('rsa1.k7x2qa.AA') };
    expect(isRead({ ...batch, columns })).toBe(cells === batch.rows.length);
  });
  fc.assert(property);
});

test('receipts and times are one a message', () => {
  const batch = aBatch([true, false, true]);
  expect(isRead({ ...batch, receipts: batch.receipts.slice(1) })).toBe(false);
  expect(isRead({ ...batch, sentAt: [...batch.sentAt, 3] })).toBe(false);
});

test.each<[string, object, string]>([
  ['a cell that is an object', { columns: { SENTINEL: [{ ip: 'SENTINEL' }] } }, 'columns'],
  ['columns of another length', { columns: { SENTINEL: ['SENTINEL', 'SENTINEL'] } }, 'columns'],
  ['a reason in words', { rows: [], rejects: [{ ...aReject(0), reason: 'bad ip SENTINEL' }] }, 'rejects.0'],
  ['a row before the first', { rows: [-1] }, 'rows.0'],
  ['a message lost', { rows: [], columns: {} }, 'rows'],
])('%s is refused, without a value', (_, broken, at) => {
  expect(read({ ...masked.write(aBatch([true])), ...broken })).toEqual({ ok: false, why: 'shape', at });
});

const token = `vlt1.k7x2qa.${'A'.repeat(43)}`;
const entries = { tokens: [token], kids: ['k7x2qa'], ciphertexts: ['c2VhbGVk'] };

test('a batch with entries is of version 2, so that a loader which would drop them leaves it alone', () => {
  const batch = aBatch([true], { entries });
  expect(masked.write(batch)).toMatchObject({ v: 2 });
  expect(read(masked.write(batch))).toEqual({ ok: true, value: batch });
  expect(read({ ...masked.write(batch), v: 1 })).toEqual({ ok: false, why: 'shape', at: 'v' });
  expect(masked.write(aBatch([true]))).toMatchObject({ v: 1 });
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
])('entries that the vault could not hold are refused, without a value: %s', (_, broken) => {
  const result = read({ ...masked.write(aBatch([true], { entries })), entries: { ...entries, ...broken } });
  expect(result).toMatchObject({ ok: false, why: 'shape', at: 'entries' });
});

test('a newer version is left to newer replicas; its new fields alone are tolerated', () => {
  const batch = aBatch([true]);
  expect(read({ ...masked.write(batch), v: 3 })).toEqual({ ok: false, why: 'version', at: 'v' });
  expect(read({ ...masked.write(batch), priority: 9, rejects: [] })).toEqual({ ok: true, value: batch });
});

test('what is not masked yet does not fit the type', () => {
  const { rows: _, ...withoutRows } = aBatch([true]);
  // @ts-expect-error rows are missing
  const input: HandoffInput<typeof masked> = withoutRows;
  expect(masked.read(masked.write(input))).toEqual({ ok: false, why: 'shape', at: 'rows' });
});
