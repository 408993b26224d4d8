import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { arrayLiteral } from '../src/array-literal.ts';
import type { Cell } from '../src/target.ts';

test.each<[Cell[], string]>([
  [[], '{}'],
  [[null], '{NULL}'],
  [['NULL', ''], '{"NULL",""}'],
  [['a"b', String.raw`c\d`, 'e,f', '{g}'], String.raw`{"a\"b","c\\d","e,f","{g}"}`],
  [[1, -2.5, 1e21, true, false], '{1,-2.5,1e+21,true,false}'],
])('%j is %s', (cells, literal) => {
  expect(arrayLiteral(cells)).toBe(literal);
});

test('a reader of the documented syntax gets every cell back', () => {
  const cell = fc.option(
    fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), fc.constantFrom('NULL', '"', '\\', '\\"', ',', '{}')),
  );
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 8 }), (cells) => {
      expect(readArray(arrayLiteral(cells))).toEqual(cells);
    }),
  );
});

/** https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO, for arrays of quoted strings and NULL. */
function readArray(literal: string): (string | null)[] {
  const elements = literal.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|NULL/gsu);
  return [...elements].map(([, quoted]) => quoted?.replaceAll(/\\(.)/gsu, '$1') ?? null);
}
