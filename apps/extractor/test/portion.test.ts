import { expect, test } from 'vitest';
import { createPortion } from '../src/portion.ts';

const mebibyte = 1_048_576;
const bodies = (...bytes: number[]): string[] => bytes.map((length) => 'x'.repeat(length));

test('small messages are asked for by ten, after a few answers', () => {
  const portion = createPortion();
  const asked = Array.from({ length: 6 }, () => {
    const next = portion.next();
    portion.received(bodies(200, 300));
    return next;
  });
  expect(asked).toEqual([1, 2, 4, 8, 10, 10]);
});

test('large ones are asked for one by one, and for some answers after the last of them', () => {
  const portion = createPortion();
  for (let at = 0; at < 9; at += 1) portion.received(bodies(100));
  expect(portion.next()).toBe(10);
  portion.received(bodies(100, mebibyte, 100));
  expect(portion.next()).toBe(1);
  portion.received(bodies(100));
  expect(portion.next()).toBe(2);
  // Their bytes count, not their characters.
  portion.received(['漢'.repeat(mebibyte / 3)]);
  expect(portion.next()).toBe(1);
});

test('bodies of a quarter are asked for by four', () => {
  const portion = createPortion();
  for (let at = 0; at < 9; at += 1) portion.received(bodies(mebibyte / 4, 10));
  expect(portion.next()).toBe(4);
});

test('an empty answer says nothing', () => {
  const portion = createPortion();
  for (let at = 0; at < 9; at += 1) portion.received([]);
  expect(portion.next()).toBe(1);
});
