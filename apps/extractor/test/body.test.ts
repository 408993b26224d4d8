import { isUtf8 } from 'node:buffer';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeBody } from '../src/body.ts';

/** WTF-8 read back (https://simonsapin.github.io/wtf-8/): by the bit patterns of UTF-8, surrogates included. */
function decode(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0;
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    let code = length === 1 ? first : first & (0xff >> (length + 1));
    for (const byte of bytes.subarray(at + 1, at + length)) code = (code << 6) | (byte & 0x3f);
    text += String.fromCodePoint(code);
    at += length;
  }
  return text;
}

test.each([
  ['half a pair', '\ud83d', 'eda0bd'],
  ['the other half', '\ude00', 'edb880'],
  ['a pair', '😀', 'f09f9880'],
  ['halves in the wrong order', '\ude00\ud83d', 'edb880eda0bd'],
  ['half a pair before a pair', '\ud83d😀', 'eda0bdf09f9880'],
  ['the ends of their range', '\ud800x\udfff', 'eda08078edbfbf'],
  ['nothing', '', ''],
])('%s', (_, body, hex) => {
  expect(encodeBody(body).toString('hex')).toBe(hex);
});

test('no body loses a unit, and exactly the well-formed are UTF-8', () => {
  const units = fc.array(fc.oneof(fc.integer({ min: 0xd700, max: 0xe0ff }), fc.nat(0xffff)), { maxLength: 30 });
  fc.assert(
    fc.property(units, (codes) => {
      const body = String.fromCharCode(...codes);
      expect(decode(encodeBody(body))).toBe(body);
      expect(isUtf8(encodeBody(body))).toBe(body.isWellFormed());
    }),
    { numRuns: 1_000 },
  );
});
