import { type ColumnType, refuse } from '@masque/pipeline';
import { expect, test } from 'vitest';
import { convertedCell, messageCell, unfit } from '../src/cell.ts';

test.each<readonly [ColumnType, readonly unknown[], readonly unknown[]]>([
  ['smallint', [0, -0, -32_768, 32_767], [-32_769, 32_768, 0.5, NaN, Infinity]],
  ['integer', [-(2 ** 31), 2 ** 31 - 1], [2 ** 31, -(2 ** 31) - 1, 1e-9]],
  ['bigint', [-(2 ** 53), 2 ** 53 - 1], [2 ** 53, 1e300]],
  ['double precision', [0.1, -1e308, 5e-324], [NaN, -Infinity]],
])('%s', (type, good, bad) => {
  for (const value of [...good, null]) expect(unfit(value, type)).toBeUndefined();
  for (const value of bad) expect(unfit(value, type)).toBe('out_of_range');
  for (const value of ['1', true, 1n, undefined, {}]) expect(unfit(value, type)).toBe('wrong_type');
});

test('texts, by characters and not by units', () => {
  expect(unfit('😀😀', 'varchar(2)')).toBeUndefined();
  expect(unfit('😀😀', 'varchar(1)')).toBe('too_long');
  expect(unfit('e\u0301', 'varchar(1)')).toBe('too_long');
  expect(unfit('x'.repeat(1_000_000), 'text')).toBeUndefined();
  expect(unfit('a\0', 'varchar(9)')).toBe('nul_character');
  expect(unfit('\udc00', 'text')).toBe('lone_surrogate');
  for (const value of [1, false, undefined, new Date(0), ['x']]) expect(unfit(value, 'text')).toBe('wrong_type');
  expect([unfit(true, 'boolean'), unfit('true', 'boolean')]).toEqual([undefined, 'wrong_type']);
});

test.each<readonly [string, () => unknown, unknown]>([
  ['gives a fitting value', () => 7, 7],
  ['gives null', () => null, null],
  ['refuses', () => refuse('malformed_version'), refuse('malformed_version')],
  ['gives too much for the column', () => 2 ** 31, refuse('out_of_range')],
  ['gives NaN, which JSON would make NULL', () => NaN, refuse('out_of_range')],
  ['throws', () => JSON.parse('planted value'), refuse('definition_failed')],
  ['gives nothing', () => undefined, refuse('wrong_type')],
  ['gives another type than it said', () => '7', refuse('wrong_type')],
  [
    'refuses with words of its own, which might quote',
    () => ({ refused: 'planted value' }),
    refuse('definition_failed'),
  ],
  ['refuses with a name that every object has', () => ({ refused: 'toString' }), refuse('definition_failed')],
])('a conversion that %s', (_, convert, expected) => {
  expect(convertedCell({ name: 'test', convert }, 'value', 'integer')).toEqual(expected);
});

test('the day is UTC’s', () => {
  expect(messageCell('sent_day', 'id', Date.UTC(2024, 1, 29, 23, 59, 59, 999))).toBe('2024-02-29');
  expect(messageCell('sent_day', 'id', Date.UTC(2024, 2, 1))).toBe('2024-03-01');
  expect(messageCell('sent_at', 'id', 1)).toBe('1970-01-01T00:00:00.001Z');
  expect(messageCell('id', 'id', 1)).toBe('id');
});
