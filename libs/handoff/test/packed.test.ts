import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPacked, packBase64, packedLength, packTexts, pickPacked, unpackTexts } from '../src/packed.ts';

const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('', 'NULL', 'é', '😀', '\0'),
  // Halves of pairs too, which UTF-8 cannot hold.
  fc.array(fc.integer({ min: 0xd7_f0, max: 0xe0_10 }), { maxLength: 4 }).map((units) => String.fromCharCode(...units)),
);
const texts = fc.array(fc.option(text), { maxLength: 12 });
const wellFormed = (cell: string | null): string | null => cell?.toWellFormed() ?? null;

test('any texts come back, with half of a surrogate pair as U+FFFD', () => {
  const property = fc.property(texts, (all) => {
    const packed = packTexts(all);
    expect(isPacked(packed, 'text', all.length)).toBe(true);
    expect(packedLength(packed)).toBe(all.length);
    expect(unpackTexts(packed)).toEqual(all.map(wellFormed));
  });
  fc.assert(property, {
    numRuns: 300,
    // Longer in bytes than they are, in the last place and before others.
    examples: [
      [['a\uD800']],
      [['ü', 'a']],
      [['a', 'ü']],
      [['\uDC00', null, 'é'.repeat(50)]],
      [['']],
      [[null]],
      [['éééé', null]],
      [['éééé', '']],
    ],
  });
});

/** Numbers of four bytes each. */
const words = (...all: readonly number[]): string =>
  all.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');

test('it is what PostgreSQL’s binary format says, byte for byte', () => {
  expect(packTexts(['ab', null, '']).toString('hex')).toBe(`${words(1, 1, 25, 3, 1)}${words(2)}6162${words(-1, 0)}`);
  expect(packBase64(['/wA=']).toString('hex')).toBe(`${words(1, 0, 17, 1, 1)}${words(2)}ff00`);
});

test('base64 becomes the bytes that it stands for', () => {
  const property = fc.property(fc.array(fc.uint8Array({ minLength: 1 }), { maxLength: 6 }), (all) => {
    const packed = packBase64(all.map((bytes) => Buffer.from(bytes).toString('base64')));
    expect(isPacked(packed, 'bytea', all.length)).toBe(true);
    const tail = all.flatMap((bytes) => [Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes]);
    expect(packed.subarray(20)).toEqual(Buffer.concat(tail));
  });
  fc.assert(property);
});

test('those at some places are the list of them, whole itself', () => {
  const property = fc.property(texts, fc.array(fc.nat()), (all, ranks) => {
    const places = all.length === 0 ? [] : ranks.map((rank) => rank % all.length);
    const picked = pickPacked(packTexts(all), places);
    expect(isPacked(picked, 'text', places.length)).toBe(true);
    expect(unpackTexts(picked)).toEqual(places.map((place) => wellFormed(all[place] ?? null)));
  });
  fc.assert(property, {
    examples: [
      [
        ['a', null, 'b'],
        [2, 1, 1],
      ],
      [['a', null], []],
    ],
  });
});

test('picking leaves the list as it was', () => {
  const packed = packTexts(['a', 'b']);
  const before = Buffer.from(packed);
  pickPacked(packed, [1]).fill(0);
  expect(packed).toEqual(before);
});

describe('a list is refused', () => {
  test('whose bytes are fewer or more, wherever it is cut', () => {
    const property = fc.property(fc.array(fc.option(text), { minLength: 1, maxLength: 6 }), fc.nat(), (all, rank) => {
      const packed = packTexts(all);
      expect(isPacked(packed.subarray(0, rank % packed.length), 'text', all.length)).toBe(false);
      for (const more of [[0], [0, 0, 0, 0], [255, 255, 255, 255]]) {
        expect(isPacked(Buffer.concat([packed, Buffer.from(more)]), 'text', all.length)).toBe(false);
      }
    });
    fc.assert(property);
  });

  test('of another count than was asked for', () => {
    for (const count of [0, 1, 3]) expect(isPacked(packTexts(['a', 'b']), 'text', count)).toBe(false);
  });

  test('of the other type', () => {
    expect(isPacked(packTexts(['a']), 'bytea', 1)).toBe(false);
    expect(isPacked(packBase64(['YQ==']), 'text', 1)).toBe(false);
  });

  test.each([
    ['dimensions', 0, 2],
    ['nulls that are neither there nor not', 4, 2],
    ['type', 8, 23],
    ['count', 12, 3],
    ['lower bound', 16, 0],
    ['length of an element, below that of a null', 20, -2],
    ['length of an element, beyond the end', 20, 2 ** 31 - 1],
    ['length of an element, short of the next', 20, 0],
  ])('with another %s', (_, at, word) => {
    const packed = packTexts(['a', 'b']);
    expect(isPacked(packed, 'text', 2)).toBe(true);
    packed.writeInt32BE(word, at);
    expect(isPacked(packed, 'text', 2)).toBe(false);
  });

  test('of bytes with one that is null or empty', () => {
    const packed = packBase64(['YQ==']);
    const empty = Buffer.concat([packed.subarray(0, 20), Buffer.alloc(4)]);
    const none = Buffer.concat([packed.subarray(0, 20), Buffer.alloc(4, 255)]);
    for (const each of [empty, none]) expect(isPacked(each, 'bytea', 1)).toBe(false);
  });

  test('that is no Buffer, whatever it is', () => {
    const property = fc.property(fc.anything(), (value) => {
      expect(isPacked(value, 'text', 0)).toBe(false);
    });
    fc.assert(property);
  });

  test('exactly where it could not be read, whatever bytes it has', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(3), (bytes, count) => {
      const header = packTexts([]);
      header.writeInt32BE(count, 12);
      const list = Buffer.concat([header, bytes]);
      expect(isPacked(list, 'text', count)).toBe(isWhole(bytes, count));
      expect(isPacked(Buffer.from(bytes), 'text', count)).toBe(false);
    });
    fc.assert(property, {
      numRuns: 500,
      examples: [
        [new Uint8Array(8), 2],
        [new Uint8Array([0, 0, 0, 1, 65]), 1],
      ],
    });
  });
});

/** Read from the front, an element at a time. */
function isWhole(bytes: Uint8Array, count: number): boolean {
  if (count === 0) return bytes.length === 0;
  if (bytes.length < 4) return false;
  const length = Buffer.from(bytes).readInt32BE();
  return length >= -1 && isWhole(bytes.subarray(4 + Math.max(0, length)), count - 1) && bytes.length >= 4 + length;
}
