/**
 * Many byte strings as one: a count, then each length and its bytes. Numbers are four bytes, big-endian. The bytes
 * decide the parts and the parts the bytes: nothing may follow, and no length may lead past the end.
 */
export function joinParts(parts: readonly Uint8Array[]): Buffer {
  const total = parts.reduce((sum, part) => sum + 4 + part.length, 4);
  const joined = Buffer.allocUnsafe(total);
  let at = joined.writeUInt32BE(parts.length, 0);
  for (const part of parts) {
    at = joined.writeUInt32BE(part.length, at);
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Views into `joined`, not copies; undefined when it is not what `joinParts` makes. */
export function splitParts(joined: Buffer): Buffer[] | undefined {
  if (joined.length < 4) return undefined;
  const count = joined.readUInt32BE(0);
  const parts: Buffer[] = [];
  let at = 4;
  while (parts.length < count) {
    if (at + 4 > joined.length) return undefined;
    const end = at + 4 + joined.readUInt32BE(at);
    if (end > joined.length) return undefined;
    parts.push(joined.subarray(at + 4, end));
    at = end;
  }
  return at === joined.length ? parts : undefined;
}
