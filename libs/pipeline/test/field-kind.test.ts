import { expect, test } from 'vitest';
import { z } from 'zod';
import { fieldKind } from '../src/field-kind.ts';

test.each([
  ['text', z.string(), 'string'],
  ['a format', z.uuid(), 'string'],
  ['nullable, optional, defaulted', z.string().nullable().optional().default('x'), 'string'],
  ['caught, branded, readonly', z.string().catch('x').brand('b').readonly(), 'string'],
  ['trimmed', z.string().trim().min(1), 'string'],
  ['an enum', z.enum(['ios', 'android']), 'string'],
  ['an enum of numbers', z.enum({ A: 1, B: 2 }), 'number'],
  ['a literal', z.literal('v1'), 'string'],
  ['a literal or null', z.literal(['v1', null]), 'string'],
  ['literals of two types', z.literal(['v1', 1]), 'other'],
  ['a template', z.templateLiteral(['v', z.number()]), 'string'],
  ['a union with null', z.union([z.string(), z.null()]), 'string'],
  ['a union of two types', z.union([z.string(), z.number()]), 'other'],
  ['a whole number', z.int(), 'number'],
  ['a coerced number', z.coerce.number(), 'number'],
  ['a boolean spelled out', z.stringbool(), 'boolean'],
  ['preprocessed', z.preprocess((value) => value, z.boolean()), 'boolean'],
  ['piped', z.string().pipe(z.coerce.number()), 'number'],
  ['transformed', z.string().transform(Number), 'unknown'],
  ['any', z.any(), 'unknown'],
  ['null alone', z.null(), 'other'],
  ['a list', z.array(z.string()), 'other'],
  ['an object', z.object({}), 'other'],
  ['a bigint', z.bigint(), 'other'],
])('%s', (_, schema, kind) => {
  expect(fieldKind(z.object({ field: schema }), 'field')).toBe(kind);
});

test('a field that the record does not name has no kind', () => {
  expect(fieldKind(z.object({}), 'field')).toBeUndefined();
  expect(fieldKind(z.object({}), 'toString')).toBeUndefined();
});
