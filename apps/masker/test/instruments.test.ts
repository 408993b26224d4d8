import { createMetrics } from '@masque/observability';
import { expect, test } from 'vitest';
import { createInstruments } from '../src/instruments.ts';

const nothing = { rows: [], columns: {}, rejects: [], entries: [], extraFields: 0 };

test('memo hits and misses are counted as they come, and never twice', async () => {
  const metrics = createMetrics({ stage: 'masker', pipeline: 'notes' });
  // The masker's own counts, of which some were there before anybody counted.
  let stats = { hits: 5, misses: 7 };
  const count = createInstruments(metrics, { stats: () => stats, entriesEncrypted: () => 0 });
  const read = async () => {
    const figures = await count.figures();
    return [figures['masque_masker_memo_hits_total'], figures['masque_masker_memo_misses_total']];
  };
  expect(await read()).toEqual([0, 0]);
  stats = { hits: 15, misses: 8 };
  count.masked(nothing, 0.1);
  count.masked(nothing, 0.1);
  expect(await read()).toEqual([10, 1]);
  stats = { hits: 16, misses: 8 };
  count.masked(nothing, 0.1);
  expect(await read()).toEqual([11, 1]);
});
