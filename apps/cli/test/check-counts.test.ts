import { expect, test } from 'vitest';
import { checkCounts } from '../src/rekey/check-counts.ts';

const of = (values: number, distinct: number) => ({ masked_ip: { values, distinct } });

test.each([
  ['the same', of(10, 4), of(10, 4)],
  ['more rows of the same values', of(10, 4), of(12, 4)],
  ['as many more values as rows', of(10, 4), of(12, 6)],
])('agree: %s', (_, before, after) => {
  expect(() => checkCounts(before, after)).not.toThrow();
});

test.each([
  ['two values in one token', of(10, 4), of(10, 3)],
  ['two values in one token, and rows that hide it', of(10, 4), of(20, 3)],
  ['one value in two tokens', of(10, 4), of(10, 5)],
  ['more values than rows that came', of(10, 4), of(11, 6)],
])('differ: %s', (_, before, after) => {
  expect(() => checkCounts(before, after)).toThrow(
    expect.objectContaining({
      code: 'rekey_count_differs',
      heals: false,
      details: expect.objectContaining({ column: 'masked_ip' }),
    }),
  );
});
