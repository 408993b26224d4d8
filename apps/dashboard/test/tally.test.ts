import { expect, test } from 'vitest';
import { createTally } from '../src/tally.ts';

const replica = (name: string, at: number, figures: Readonly<Record<string, number>>) => ({
  stage: 'loader',
  replica: name,
  state: 'working',
  details: [],
  at,
  figures,
});

test('a rate is a difference over Redis’s own time, summed over replicas', () => {
  const tally = createTally();
  expect(tally.rate('rows_total', 5)).toBeUndefined();
  // 400 in all, long before anybody looked: no spike.
  tally.add([replica('a', 1_000, { rows_total: 400 }), replica('b', 1_400, { rows_total: 0 })]);
  expect(tally.rate('rows_total', 5)).toBe(0);
  tally.add([replica('a', 2_000, { rows_total: 500 }), replica('b', 3_400, { rows_total: 20 })]);
  expect(tally.rate('rows_total', 5)).toBe(110);
  // The same beat once more: the reader looks more often than the replica speaks.
  tally.add([replica('a', 2_000, { rows_total: 500 }), replica('b', 3_400, { rows_total: 20 })]);
  expect(tally.rate('rows_total', 5)).toBe(110);
});

test('only the last seconds count', () => {
  const tally = createTally();
  for (let at = 0; at <= 30; at += 1) tally.add([replica('a', 1_000 + at * 1_000, { n_total: Math.min(at, 20) })]);
  expect(tally.rate('n_total', 5)).toBe(0);
  expect(tally.rate('n_total', 30)).toBeCloseTo(20 / 30);
});

test('a series that appears later began at nothing, and each is told by its label', () => {
  const tally = createTally();
  tally.add([replica('a', 1_000, { 'aside_total{reason="torn"}': 1 })]);
  tally.add([replica('a', 2_000, { 'aside_total{reason="torn"}': 1, 'aside_total{reason="wet"}': 3, asides: 9 })]);
  expect(tally.rates('aside_total', 5)).toEqual({ torn: 0, wet: 3 });
  expect(tally.rate('aside_total', 5)).toBe(3);
});

test('a new start under the old name is no negative rate, and one that is gone has none', () => {
  const tally = createTally();
  tally.add([replica('a', 1_000, { n_total: 50, depth: 7 }), replica('b', 1_000, { n_total: 0 })]);
  tally.add([replica('a', 2_000, { n_total: 5, depth: 7 }), replica('b', 2_000, { n_total: 10 })]);
  expect(tally.rate('n_total', 5)).toBe(10);
  tally.add([replica('a', 3_000, { n_total: 8, depth: 2 }), replica('b', 3_000, { n_total: 20 })]);
  expect(tally.rate('n_total', 5)).toBe(13);
  tally.add([replica('a', 4_000, { n_total: 11, depth: 2 })]);
  expect(tally.rate('n_total', 5)).toBe(3);
});

test('of a gauge that all tell, the newest', () => {
  const tally = createTally();
  expect(tally.latest('queue')).toEqual({});
  tally.add([
    replica('a', 1_000, { 'queue{state="visible"}': 5, 'queue{state="delayed"}': 0 }),
    replica('b', 2_000, { 'queue{state="visible"}': 6 }),
    replica('c', 3_000, {}),
  ]);
  expect(tally.latest('queue')).toEqual({ visible: 6 });
});
