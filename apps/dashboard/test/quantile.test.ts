import { array, assert, double, property } from 'fast-check';
import { expect, test } from 'vitest';
import { quantile } from '../src/quantile.ts';

test('nothing observed has none', () => {
  expect(quantile(0.5, {})).toBeUndefined();
  expect(quantile(0.5, { 0.1: 0, 1: 0, '+Inf': 0 })).toBeUndefined();
});

test('within a bucket it is linear, as Prometheus’s histogram_quantile has it', () => {
  const buckets = { 0.1: 0, 0.2: 10, 0.5: 20, '+Inf': 20 };
  expect(quantile(0.5, buckets)).toBeCloseTo(0.2);
  expect(quantile(0.25, buckets)).toBeCloseTo(0.15);
  expect(quantile(0.75, buckets)).toBeCloseTo(0.35);
  expect(quantile(0.5, { 0.1: 4, '+Inf': 4 })).toBeCloseTo(0.05);
});

test('beyond the last bound it is that bound', () => {
  expect(quantile(0.99, { 1: 5, '+Inf': 10 })).toBe(1);
});

test('it lies in the bucket of the observation it stands for', () => {
  const bounds = [0.1, 0.5, 1, 5];
  assert(
    property(
      array(double({ min: 0.001, max: 4.9, noNaN: true }), { minLength: 1, maxLength: 200 }),
      double({ min: 0.01, max: 1, noNaN: true }),
      (observed, share) => {
        const buckets = Object.fromEntries(
          [...bounds, Infinity].map((bound) => [
            bound === Infinity ? '+Inf' : String(bound),
            observed.filter((each) => each <= bound).length,
          ]),
        );
        const found = quantile(share, buckets) ?? Number.NaN;
        const actual = observed.toSorted((a, b) => a - b)[Math.ceil(share * observed.length - 1e-9) - 1] ?? 0;
        const upper = bounds.find((bound) => actual <= bound) ?? 0;
        const lower = bounds[bounds.indexOf(upper) - 1] ?? 0;
        expect(found).toBeGreaterThanOrEqual(lower);
        expect(found).toBeLessThanOrEqual(upper + 1e-9);
      },
    ),
  );
});
