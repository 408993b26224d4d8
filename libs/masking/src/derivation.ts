import { hkdfSync, type KeyObject } from 'node:crypto';
import { lengthPrefixed } from './lengths.ts';

/** HKDF-SHA256 (RFC 5869) without salt: the secret itself can then serve other ends under other names. */
export function deriveKey(secret: KeyObject, info: string | Uint8Array, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', info, bytes));
}

/**
 * A key of one field's own, for methods that have no place for a field's name: what comes out of two fields is then
 * as unrelated as under two secrets.
 */
export function deriveFieldKey(secret: KeyObject, purpose: string, field: string, kid: string, bytes: number): Buffer {
  return deriveKey(secret, lengthPrefixed(purpose, field, kid), bytes);
}
