import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ledgerId, utcDay } from '../src/ledger.ts';

const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;

describe('ledgerId', () => {
  test('an SQS id, which is a UUID, is itself, whatever its case', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(ledgerId(id)).toBe(id);
        expect(ledgerId(id.toUpperCase())).toBe(id);
      }),
    );
  });

  test('any other id gets a UUID of version 8 and the RFC’s variant, always the same', () => {
    fc.assert(
      fc.property(fc.string(), (id) => {
        const key = ledgerId(id);
        expect(key).toMatch(uuid);
        expect(key[14]).toBe('8');
        expect('89ab').toContain(key[19]);
        expect(ledgerId(id)).toBe(key);
      }),
    );
  });

  test('is the SHA-256 of the id, so that every release computes the same', () => {
    // printf abc | sha256sum: ba7816bf 8f01 cfea 4141 40de5dae2223…
    expect(ledgerId('abc')).toBe('ba7816bf-8f01-8fea-8141-40de5dae2223');
  });

  test('different ids have different keys', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { maxLength: 50 }), (ids) => {
        expect(new Set(ids.map(ledgerId)).size).toBe(ids.length);
      }),
    );
  });
});

describe('utcDay', () => {
  test.each([
    ['1970-01-01T00:00:00.000Z', '1970-01-01'],
    ['2024-02-29T23:59:59.999Z', '2024-02-29'],
    ['2024-03-01T00:00:00.000Z', '2024-03-01'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31'],
  ])('%s is on %s', (instant, day) => {
    expect(utcDay(Date.parse(instant))).toBe(day);
  });

  test('the day contains the instant', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (epochMs) => {
        const midnight = Date.parse(`${utcDay(epochMs)}T00:00:00Z`);
        expect(epochMs - midnight).toBeGreaterThanOrEqual(0);
        expect(epochMs - midnight).toBeLessThan(86_400_000);
      }),
    );
  });
});
