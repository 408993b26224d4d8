import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesMax, packBodies, refusalOf } from '../src/body.ts';

/** The API Reference's list, read code point by code point. */
function allowed(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  const [tab, newline, carriage] = [0x9, 0xa, 0xd];
  if ([tab, newline, carriage].includes(code)) return true;
  return (
    (code >= 0x20 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff)
  );
}

describe('refusalOf', () => {
  test('agrees with the list on every UTF-16 code unit by itself', () => {
    const units = Array.from({ length: 0x1_0000 }, (_, unit) => String.fromCharCode(unit));
    expect(units.filter((body) => (refusalOf(body) === undefined) !== allowed(body))).toEqual([]);
  });

  test('agrees with the list on any text, halves of pairs included', () => {
    const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(units, (codes) => {
        const body = String.fromCharCode(...codes);
        expect(refusalOf(body)).toBe(Array.from(body).every(allowed) ? undefined : 'character_not_allowed');
      }),
    );
  });

  test('takes surrogate pairs, refuses an empty body, and counts bytes, not characters', () => {
    expect(refusalOf('🧑‍🚀')).toBeUndefined();
    expect(refusalOf('')).toBe('empty');
    expect(refusalOf('é'.repeat(bytesMax / 2))).toBeUndefined();
    expect(refusalOf(`${'é'.repeat(bytesMax / 2)}a`)).toBe('too_large');
  });
});

describe('packBodies', () => {
  const kilobytes = fc.array(fc.integer({ min: 1, max: 1_024 }), { maxLength: 60 });

  test('every body once, in order, in batches SQS takes, none of which could take the next body', () => {
    fc.assert(
      fc.property(kilobytes, (sizes) => {
        const bodies = sizes.map((size) => 'x'.repeat(size * 1_024));
        const batches = packBodies(bodies);
        expect(batches.flat()).toEqual(bodies.map((_, index) => index));
        const bytesOf = (batch: readonly number[]) => batch.reduce((sum, at) => sum + (bodies[at]?.length ?? 0), 0);
        for (const [at, batch] of batches.entries()) {
          const withNext = [...batch, ...(batches[at + 1] ?? []).slice(0, 1)];
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(10);
          expect(bytesOf(batch)).toBeLessThanOrEqual(bytesMax);
          const last = withNext.length === batch.length;
          expect(last || batch.length === 10 || bytesOf(withNext) > bytesMax).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('counts bytes of UTF-8', () => {
    expect(packBodies(['é'.repeat(400_000), 'é'.repeat(400_000)])).toEqual([[0], [1]]);
  });
});
