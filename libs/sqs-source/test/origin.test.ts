import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { readOrigin, writeOrigin } from '../src/origin.ts';

const now = Date.UTC(2026, 5, 1);
const id = '0b0a6e2c-7f44-4a52-9c0f-5c0f6a9f3b11';

it('reads what it has written', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.integer({ min: 0, max: 399 * 86_400_000 }), (uuid, age) => {
      const origin = { id: uuid, sentAt: now - age };
      expect(readOrigin(writeOrigin(origin), now)).toEqual(origin);
    }),
  );
});

it.each([
  undefined,
  '',
  id,
  `${now}`,
  `${now} `,
  `${now} a b`,
  `${now} ${'x'.repeat(129)}`,
  `${now} ünicode`,
  `${now} new\nline`,
  `1 ${id}`,
  `${now + 2 * 86_400_000} ${id}`,
  `${now - 401 * 86_400_000} ${id}`,
])('takes no %j', (text) => {
  expect(readOrigin(text, now)).toBe(undefined);
});
