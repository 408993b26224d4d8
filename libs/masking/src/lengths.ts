/**
 * Texts as one byte string that no other texts make: each in UTF-8 after its length in four bytes, big-endian.
 * Without the lengths, ("ab", "c") and ("a", "bc") would be hashed alike.
 */
export function lengthPrefixed(...texts: readonly string[]): Buffer {
  const sizes = texts.map((text) => Buffer.byteLength(text));
  const joined = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + 4 + size, 0));
  let at = 0;
  for (const [index, text] of texts.entries()) {
    at = joined.writeUInt32BE(sizes[index] ?? 0, at);
    at += joined.write(text, at);
  }
  return joined;
}
