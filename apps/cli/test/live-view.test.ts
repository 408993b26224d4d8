import type { Snapshot } from '@masque/local-pipeline';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { frame } from '../src/demo/live-view.ts';

const one = { extractor: 1, masker: 1, loader: 1 };

function at(ms: number, messages: number, deleted = messages): Snapshot {
  const stage = { messages, cpuMs: ms / 2, peakRssBytes: 1e8 };
  return {
    at: ms,
    stages: { extractor: stage, masker: stage, loader: stage },
    deleted,
    extended: 0,
    firstReceived: undefined,
    lastCommit: undefined,
  };
}

test('a row a stage and one for what is settled, in columns', () => {
  const lines = frame(at(2_000, 5_000, 2_500), at(0, 1_000, 500), 20_000, { ...one, masker: 12 }, 80);
  expect(lines).toEqual([
    '  extractor ×1  ━━━━━━───────────────────   5,000 / 20,000   2,000/s  cpu  50 %',
    '  masker ×12    ━━━━━━───────────────────   5,000 / 20,000   2,000/s  cpu  50 %',
    '  loader ×1     ━━━━━━───────────────────   5,000 / 20,000   2,000/s  cpu  50 %',
    '  settled       ━━━──────────────────────   2,500 / 20,000   1,000/s',
  ]);
});

test('the first frame has no rate, and a full bar is full', () => {
  expect(frame(at(10, 0), undefined, 100, one, 80)[0]).toMatch(/ ─+ +0 \/ 100 +0\/s +cpu   0 %$/);
  expect(frame(at(10, 100), at(0, 0), 100, one, 80)[3]).toMatch(/ ━+ +100 \/ 100 /);
});

test.each([
  [60, '  extractor ×1  ━━━━────────────   5,000 / 20,000   2,500/s'],
  [50, '  extractor ×1  ━━━━────────────   5,000 / 20,000'],
  [40, '  extractor ×1  ━━━━────────────   25 %'],
])('in %i columns', (columns, line) => {
  expect(frame(at(2_000, 5_000), at(0, 0), 20_000, one, columns)[0]).toBe(line);
});

test('no line is as wide as the terminal', () => {
  const counts = fc.record({
    total: fc.integer({ min: 1, max: 1e8 }),
    share: fc.double({ min: 0, max: 1.2, noNaN: true }),
    replicas: fc.integer({ min: 1, max: 99 }),
    columns: fc.integer({ min: 32, max: 300 }),
  });
  fc.assert(
    fc.property(counts, ({ total, share, replicas, columns }) => {
      const now = at(1_000, Math.floor(total * share));
      for (const line of frame(now, at(0, 0), total, { ...one, masker: replicas }, columns)) {
        expect(line.length).toBeLessThan(columns);
      }
    }),
  );
});
