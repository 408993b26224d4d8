import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMemo } from '../src/memo.ts';

test('the least recently used goes first', () => {
  const memo = createMemo({ entries: 2, bytes: 10_000 });
  memo.set('a', 'A');
  memo.set('b', 'B');
  expect(memo.get('a')).toBe('A');
  memo.set('c', 'C');
  expect([memo.get('a'), memo.get('b'), memo.get('c')]).toEqual(['A', undefined, 'C']);
});

test('memory is bounded as well as entries', () => {
  const memo = createMemo({ entries: 1_000, bytes: 3_000 });
  for (let index = 0; index < 10; index += 1) memo.set(`v${index}`, 'T'.repeat(800));
  const kept = Array.from({ length: 10 }, (_, index) => memo.get(`v${index}`)).filter((token) => token !== undefined);
  expect(kept).toHaveLength(3);
  memo.set('large', 'T'.repeat(4_000));
  expect(memo.get('large')).toBeUndefined();
  memo.set('small', 'T');
  expect(memo.get('small')).toBe('T');
});

test('no entries: nothing is kept', () => {
  const memo = createMemo({ entries: 0, bytes: 10_000 });
  memo.set('a', 'A');
  expect(memo.get('a')).toBeUndefined();
});

test('it is the model: an array of pairs, newest last', () => {
  const step = fc.record({ value: fc.constantFrom('a', 'b', 'c', 'd', 'e'), write: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 4 }), (steps, entries) => {
      const memo = createMemo({ entries, bytes: 1_000_000 });
      let model: string[] = [];
      for (const { value, write } of steps) {
        const known = model.includes(value);
        expect(memo.get(value)).toBe(known ? value.toUpperCase() : undefined);
        if (known) model = [...model.filter((one) => one !== value), value];
        else if (write) {
          memo.set(value, value.toUpperCase());
          model = [...model, value].slice(-entries || Infinity);
        }
      }
    }),
  );
});
