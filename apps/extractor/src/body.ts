/**
 * A body as bytes, losing nothing. SQS takes only well-formed text, so this is UTF-8; but a compatible service may
 * pass half a surrogate pair, which `Buffer.from` would replace. It becomes the three bytes that UTF-8 would give that
 * code point (WTF-8), which the masker refuses as `not_utf8` and seals to the custodian as it is.
 */
export function encodeBody(body: string): Buffer {
  if (body.isWellFormed()) return Buffer.from(body);
  return Buffer.concat(
    Array.from(body, (character) => {
      const code = character.codePointAt(0) ?? 0;
      const isHalf = code >= 0xd800 && code <= 0xdfff;
      return isHalf
        ? Buffer.from([0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)])
        : Buffer.from(character);
    }),
  );
}
