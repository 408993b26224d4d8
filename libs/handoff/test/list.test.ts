import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { isIndex, isText, isWhole, listOf } from '../src/list.ts';

const anything = fc.oneof(fc.string(), fc.integer({ min: -2 }), fc.double(), fc.constant(null), fc.boolean());
const lists = fc.oneof(fc.array(anything, { maxLength: 3 }), fc.array(fc.nat()), fc.array(fc.string()));
const given: fc.Arbitrary<unknown> = fc.oneof(lists, fc.jsonValue(), fc.constant(undefined));

test.each([
  ['texts', listOf(isText), z.array(z.string())],
  ['texts, one at least', listOf(isText, { least: 1 }), z.array(z.string()).min(1)],
  ['whole numbers', listOf(isWhole), z.array(z.int())],
  ['places', listOf(isIndex), z.array(z.int().nonnegative())],
])('it takes what zod’s own array takes, and names the same place: %s', (_, list, own) => {
  const property = fc.property(given, (value) => {
    const [here, there] = [list.safeParse(value), own.safeParse(value)];
    expect(here.success).toBe(there.success);
    expect(here.data).toEqual(there.data);
    expect(here.error?.issues[0]?.path).toEqual(there.error?.issues[0]?.path);
  });
  fc.assert(property, { examples: [[[]], [undefined], [['a', 1]], [[2 ** 53]], [[1.5]], [[-1]], [[Number.NaN]]] });
});

test('in an object it may not be left out', () => {
  expect(z.object({ all: listOf(isText) }).safeParse({}).success).toBe(false);
  expect(z.object({ all: listOf(isText).optional() }).safeParse({}).success).toBe(true);
});
