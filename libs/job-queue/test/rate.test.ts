import { expect, test } from 'vitest';
import { createRate } from '../src/rate.ts';

function setup() {
  let clock = 5_000;
  const rate = createRate(() => clock);
  return {
    rate,
    /** So many a second, for so long. */
    work: (perSecond: number, seconds: number): void => {
      for (let at = 0; at < seconds * perSecond; at += 1) {
        clock += 1_000 / perSecond;
        rate.count();
      }
    },
    rest: (seconds: number) => void (clock += seconds * 1_000),
  };
}

test('a steady pace is told from the first seconds on', () => {
  const { rate, work } = setup();
  expect(rate.perSecond()).toBe(0);
  work(20, 3);
  expect(rate.perSecond()).toBeCloseTo(20, 0);
  work(20, 300);
  expect(rate.perSecond()).toBeCloseTo(20, 0);
});

test('after a change the last minute counts most, and a rest fades to nothing', () => {
  const { rate, work, rest } = setup();
  work(20, 300);
  work(2, 60);
  expect(rate.perSecond()).toBeCloseTo(2 + 18 / Math.E, 0);
  rest(60);
  expect(rate.perSecond()).toBeCloseTo((2 + 18 / Math.E) / Math.E, 0);
  rest(3_600);
  expect(rate.perSecond()).toBeLessThan(1e-9);
});
