import { fingerprint } from './fingerprint.ts';
import type { SecretMaskKey } from './keys.ts';
import { createKeyedHash } from './keyed-hash.ts';
import type { MaskingMethod } from './method.ts';
import { prefixedTokenCheck } from './prefixed-token.ts';
import { tokenStart } from './token.ts';

/**
 * The method `hmac`: for fields that are compared and counted and that nobody will ever need back.
 *
 *     K     = HKDF-SHA256(secret, no salt, info "masque/hmac/v1", 32 bytes)
 *     token = "hmac1." kid "." base64url(HMAC-SHA256(K, lp(field) || lp(kid) || lp(value)))
 *
 * Whoever has the key can try values: all IPv4 addresses take a core less than two hours. Destroying the key is what
 * makes tokens irreversible, not the hash.
 */
export function createHmacMasking(field: string, key: SecretMaskKey): MaskingMethod {
  const keyedHash = createKeyedHash(key.secret, 'masque/hmac/v1', field, key.kid);
  const prefix = tokenStart('hmac', key.kid);
  return {
    method: 'hmac',
    key: { kid: key.kid, fingerprint: fingerprint(key) },
    remember: false,
    maskBatch: (values) => values.map((value) => prefix + keyedHash(value, 'base64url')),
    isToken: prefixedTokenCheck('hmac', key.kid, (bytes) => bytes === 32),
  };
}
