/**
 * A list of texts, or of bytes, as one piece of bytes. It is what a `text[]` or `bytea[]` is in PostgreSQL's binary
 * format (`array_recv` in its src/backend/utils/adt/arrayfuncs.c), so that a column goes from the masker into the
 * statement as it is, and no stage in between makes texts of it:
 *
 *     dimensions: 1 │ has nulls: 0, 1 │ type: 25, 17 │ elements │ lower bound: 1 │ { length, bytes } or { -1 } …
 *
 * Every number has four bytes, the highest first.
 */
export type Packed = Buffer;

const headerBytes = 20;
const typeIds = { text: 25, bytea: 17 } as const;
const nullLength = -1;

/** In UTF-8. Half of a surrogate pair becomes U+FFFD. */
export function packTexts(texts: readonly (string | null)[]): Packed {
  // Nearly all are ASCII, and asking each for its bytes would cost as much as writing it.
  return written(texts, (text) => text.length) ?? written(texts, (text) => Buffer.byteLength(text))!;
}

const utf8 = new TextEncoder();

/** Undefined where a text has more bytes than were said. */
function written(texts: readonly (string | null)[], bytesOf: (text: string) => number): Packed | undefined {
  let bytes = headerBytes;
  for (const text of texts) bytes += 4 + (text === null ? 0 : bytesOf(text));
  const packed = withHeader(bytes, typeIds.text, texts.length, texts.includes(null));
  let at = headerBytes;
  for (const text of texts) {
    if (at + 4 > bytes) return undefined;
    if (text === null) {
      at = packed.writeInt32BE(nullLength, at);
      continue;
    }
    const { read, written: length } = utf8.encodeInto(text, packed.subarray(at + 4));
    if (read < text.length) return undefined;
    packed.writeInt32BE(length, at);
    at += 4 + length;
  }
  return at === bytes ? packed : undefined;
}

/** The bytes that these stand for. */
export function packBase64(texts: readonly string[]): Packed {
  const bytes = texts.reduce((sum, text) => sum + 4 + Buffer.byteLength(text, 'base64'), headerBytes);
  const packed = withHeader(bytes, typeIds.bytea, texts.length, false);
  let at = headerBytes;
  for (const text of texts) {
    const length = packed.write(text, at + 4, 'base64');
    packed.writeInt32BE(length, at);
    at += 4 + length;
  }
  return packed;
}

function withHeader(bytes: number, typeId: number, elements: number, hasNulls: boolean): Packed {
  const packed = Buffer.allocUnsafe(bytes);
  const words = [1, hasNulls ? 1 : 0, typeId, elements, 1];
  for (const [place, word] of words.entries()) packed.writeInt32BE(word, 4 * place);
  return packed;
}

/**
 * Whether this is a list of so many elements of this type, whole and with nothing behind it. Of texts any may be null;
 * bytes are never null and never empty.
 */
export function isPacked(bytes: unknown, type: keyof typeof typeIds, elements: number): bytes is Packed {
  if (!(bytes instanceof Buffer) || bytes.length < headerBytes) return false;
  const [dimensions, nulls, typeId, count, lowerBound] = [0, 4, 8, 12, 16].map((at) => bytes.readInt32BE(at));
  if (dimensions !== 1 || (nulls !== 0 && nulls !== 1) || lowerBound !== 1) return false;
  if (typeId !== typeIds[type] || count !== elements) return false;
  const least = type === 'text' ? nullLength : 1;
  let at = headerBytes;
  let found = 0;
  for (; at + 4 <= bytes.length && found <= elements; found += 1) {
    const length = bytes.readInt32BE(at);
    if (length < least) return false;
    at += 4 + Math.max(0, length);
  }
  return found === elements && at === bytes.length;
}

/** Elements of a list that is whole, as is asked of each below. */
export function packedLength(packed: Packed): number {
  return packed.readInt32BE(12);
}

export function unpackTexts(packed: Packed): (string | null)[] {
  return elements(packed).map(([from, to]) => (to < from ? null : packed.toString('utf8', from, to)));
}

/** The elements at these places, in this order. */
export function pickPacked(packed: Packed, places: readonly number[]): Packed {
  const all = elements(packed);
  const pieces = places.map((place) => {
    const [from, to] = all[place]!;
    return packed.subarray(from - 4, Math.max(from, to));
  });
  const picked = Buffer.concat([packed.subarray(0, headerBytes), ...pieces]);
  picked.writeInt32BE(places.length, 12);
  return picked;
}

/** From where to where each element's bytes are; a null ends before it begins. */
function elements(packed: Packed): [from: number, to: number][] {
  const found: [number, number][] = [];
  for (let at = headerBytes; at < packed.length;) {
    const length = packed.readInt32BE(at);
    found.push([at + 4, at + 4 + length]);
    at += 4 + Math.max(0, length);
  }
  return found;
}
