import { createHash, createHmac } from 'node:crypto';
import { lengthPrefixed } from './lengths.ts';
import type { MaskKey } from './keys.ts';

/**
 * Sixteen hex digits that tell mask keys apart: they change with the key id, the public key and the PRF secret, so
 * two maskers with equal fingerprints make equal tokens. They may be stored and shown. The secret enters through an
 * HMAC under itself, over a text used for nothing else: 32 random bytes cannot be found from it.
 */
export function fingerprint(key: MaskKey): string {
  const check = createHmac('sha256', key.prfSecret).update('masque/key-check/v1').digest();
  return createHash('sha256')
    .update(lengthPrefixed('masque/key-fingerprint/v1', key.method, key.kid))
    .update(check)
    .update(key.publicKey.export({ format: 'der', type: 'spki' }))
    .digest('hex')
    .slice(0, 16);
}
