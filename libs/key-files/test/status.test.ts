import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isUsable, type KeyStatus, keyStatusSchema, mayBecome } from '../src/status.ts';

const statuses = keyStatusSchema.options;

test('a key goes its way and no other', () => {
  const ways = statuses.flatMap((from) => statuses.filter((to) => mayBecome(from, to)).map((to) => `${from} ${to}`));
  expect(ways).toEqual([
    'PENDING PRIMARY',
    'PENDING DISABLED',
    'PRIMARY ENABLED',
    'ENABLED PRIMARY',
    'ENABLED DISABLED',
    'DISABLED ENABLED',
    'DISABLED DESTROYED',
  ]);
});

test('wherever it goes: nothing comes back from the destroyed, and nothing is destroyed that was still used', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...statuses), { maxLength: 30 }), (wishes) => {
      let status: KeyStatus = 'PENDING';
      for (const wish of wishes) {
        if (!mayBecome(status, wish)) continue;
        expect(status).not.toBe('DESTROYED');
        expect(wish === 'DESTROYED' && isUsable({ status })).toBe(false);
        status = wish;
      }
    }),
  );
});
