import { createHash, createHmac } from 'node:crypto';
import { lengthPrefixed } from './lengths.ts';
import { isPublic, type MaskKey, secretOf, tokenKidOf } from './keys.ts';

/**
 * Sixteen hex digits that tell mask keys apart: they change with the key id, the method, the secret and the public
 * key where there is one, so two maskers with equal fingerprints make equal tokens. They may be stored and shown. The
 * secret enters through an HMAC under itself, over a text used for nothing else: 32 random bytes cannot be found
 * from it.
 */
export function fingerprint(key: MaskKey): string {
  const check = createHmac('sha256', secretOf(key)).update('masque/key-check/v1').digest();
  const named = tokenKidOf(key) === key.kid ? [] : [tokenKidOf(key)];
  const digest = createHash('sha256')
    .update(lengthPrefixed('masque/key-fingerprint/v1', key.method, key.kid, ...named))
    .update(check);
  if (isPublic(key)) digest.update(key.publicKey.export({ format: 'der', type: 'spki' }));
  return digest.digest('hex').slice(0, 16);
}
