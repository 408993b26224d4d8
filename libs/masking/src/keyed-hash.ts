import type { KeyObject } from 'node:crypto';
import { deriveKey } from './derivation.ts';
import { createHmacSha256 } from './hmac-sha256.ts';
import { lengthPrefixed } from './lengths.ts';

export type KeyedHash = (value: string, encoding: 'binary' | 'base64url') => string;

/**
 *     K    = HKDF-SHA256(secret, no salt, info `purpose`, 32 bytes)
 *     hash = HMAC-SHA256(K, lp(field) || lp(kid) || lp(value))
 *
 * The field is in it, so fields have no hash in common and cannot be joined by them.
 */
export function createKeyedHash(secret: KeyObject, purpose: string, field: string, kid: string): KeyedHash {
  const hmac = createHmacSha256(deriveKey(secret, purpose, 32));
  const start = lengthPrefixed(field, kid);
  let message = Buffer.concat([start], start.length + 256);

  return (value, encoding) => {
    const at = start.length + 4;
    // Three bytes of UTF-8 for a UTF-16 unit at most.
    if (at + 3 * value.length > message.length) message = Buffer.concat([start], at + 6 * value.length);
    const length = message.write(value, at);
    message.writeUInt32BE(length, start.length);
    return hmac(message.subarray(0, at + length), encoding);
  };
}
