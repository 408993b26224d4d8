import { packTexts } from '@masque/handoff';
import { expect, test } from 'vitest';
import { createBatchParts } from '../src/batch-parts.ts';
import type { SinkBatch } from '../src/index.ts';
import { aBatch, dayMs, noon, notes, packed } from './own-database.ts';

const id = '0d9f6a5e-1111-4222-8333-444455556666';

test('a message delivered twice counts once, from its first copy, in whatever case its id is written', () => {
  const batch = aBatch([{ messageId: id }, { messageId: id.toUpperCase() }, {}, { messageId: id, reason: 'not_json' }]);
  expect(createBatchParts(notes, batch).whole).toEqual({ rows: [0, 2], rejects: [] });
});

test('days of a part are those of its own messages', () => {
  const batch = aBatch([{}, { sentAt: noon + dayMs }, { sentAt: noon + 2 * dayMs, reason: 'not_json' }]);
  const parts = createBatchParts(notes, batch);
  expect([...parts.days({ rows: [1], rejects: [] })]).toEqual(['2025-01-16']);
  expect([...parts.days({ rows: [0], rejects: [0] })]).toEqual(['2025-01-15', '2025-01-17']);
});

test('days do not leak from one message to the next across midnight', () => {
  const midnight = Date.UTC(2025, 0, 16);
  const parts = createBatchParts(notes, aBatch([{ sentAt: midnight - 1 }, { sentAt: midnight }]));
  expect(parts.parameters({ rows: [0, 1], rejects: [] })[2]).toBe('{"2025-01-15","2025-01-16"}');
});

test('a batch of another definition is refused, not loaded by halves', () => {
  const batch = aBatch([{}]);
  const fault = { code: 'definition_differs', heals: false };
  const { words: _, ...without } = batch.columns;
  expect(() => createBatchParts(notes, { ...batch, columns: without })).toThrow(
    expect.objectContaining({ ...fault, details: { missing: 'words', unknown: 0 } }),
  );
  expect(() => createBatchParts(notes, { ...batch, columns: { ...batch.columns, country: ['DE'] } })).toThrow(
    expect.objectContaining({ ...fault, details: { missing: '', unknown: 1 } }),
  );
  expect(() => createBatchParts(notes, { ...batch, columns: { ...batch.columns, words: [] } })).toThrow(
    expect.objectContaining(fault),
  );
});

test('rejects alone may come without columns', () => {
  const batch = { ...aBatch([{ reason: 'not_json' }]), columns: {} };
  expect(createBatchParts(notes, batch).whole).toEqual({ rows: [], rejects: [0] });
});

test.each<[string, Partial<SinkBatch>]>([
  ['a row of no message', { rows: [0, 7] }],
  ['no time', { sentAt: [] }],
  ['a time that is none', { sentAt: [Number.NaN] }],
  ['a time before 1970', { sentAt: [-1] }],
  ['a time after the year 9999', { sentAt: [253_402_300_800_000] }],
])('%s is refused', (_, part) => {
  const batch = { ...aBatch([{}]), ...part };
  const columns = { id: batch.rows, words: batch.rows };
  expect(() => createBatchParts(notes, { ...batch, columns })).toThrow(
    expect.objectContaining({ code: 'batch_malformed', heals: false }),
  );
});

test('a packed column is passed on as it is, and in parts as the cells of these', () => {
  const batch = packed(aBatch([{ words: 'a' }, { words: null }, { words: 'ü' }]));
  const parts = createBatchParts(notes, batch);
  expect(parts.parameters(parts.whole)[4]).toBe(batch.columns['words']);
  expect(parts.parameters({ rows: [2, 1], rejects: [] })[4]).toEqual(packTexts(['ü', null]));
});

test.each([0, 2])('of %i cells for one row it is another definition’s', (count) => {
  const batch = aBatch([{}]);
  const words = packTexts(Array.from({ length: count }, () => 'a'));
  expect(() => createBatchParts(notes, { ...batch, columns: { ...batch.columns, words } })).toThrow(
    expect.objectContaining({ code: 'definition_differs' }),
  );
});

test.each([(batch: SinkBatch) => batch, packed])('what jsonb cannot hold is replaced in a row put aside', (inForm) => {
  const parts = createBatchParts(notes, inForm(aBatch([{ id: 7, words: 'a\0b\uD800c😀' }])));
  const json = parts.refusedRow(0, 'words', '22021').at(-1);
  expect(JSON.parse(String(json))).toEqual({ id: 7, words: 'a\uFFFDb\uFFFDc😀' });
});
