import { type Refusal, refuse } from '@masque/pipeline';
import { fingerprint } from './fingerprint.ts';
import { createKeyedHash } from './keyed-hash.ts';
import type { PublicMaskKey, UnmaskKey } from './keys.ts';
import type { MaskingMethod, UnmaskingMethod } from './method.ts';
import { createOaepEncryption, decryptOaep, maxMessageBytes, modulusBytes } from './oaep.ts';
import { isRemote, publicHalf } from './private-key.ts';
import { prefixedTokenCheck } from './prefixed-token.ts';
import { tokenStart } from './token.ts';

/**
 * The method `rsa`: RSAES-OAEP whose seed is no chance but a keyed hash of the value.
 *
 *     K_seed = HKDF-SHA256(PRF secret, no salt, info "masque/rsa-oaep-seed/v1", 32 bytes)
 *     seed   = HMAC-SHA256(K_seed, lp(field) || lp(kid) || lp(value))
 *     token  = "rsa1." kid "." base64url(RSAES-OAEP(public key, value; SHA-256, MGF1-SHA-256, empty label, seed))
 *
 * Equal values of a field give equal tokens, which random padding would not. The seed is keyed, so whoever has only
 * the public key cannot try values and compare, which raw RSA or an unkeyed seed would allow: there are but 2^32
 * IPv4 addresses. The field is in the seed, so fields share no tokens and cannot be joined by them. To whoever does
 * not know K_seed the seeds are random, and what is left is RSAES-OAEP with nothing but equality shown.
 */
export function createRsaMasking(field: string, key: PublicMaskKey): MaskingMethod {
  const seedOf = createKeyedHash(key.prfSecret, 'masque/rsa-oaep-seed/v1', field, key.kid);
  const encrypt = createOaepEncryption(key.publicKey);
  const bytes = modulusBytes(key.publicKey);
  const longest = maxMessageBytes(bytes);
  const prefix = tokenStart('rsa', key.kid);

  function mask(value: string): string | Refusal {
    const message = Buffer.from(value);
    if (message.length > longest) return refuse('too_long');
    const seed = Buffer.from(seedOf(value, 'binary'), 'latin1');
    return prefix + encrypt(message, seed).toString('base64url');
  }

  return {
    method: 'rsa',
    key: { kid: key.kid, fingerprint: fingerprint(key) },
    remember: true,
    maskBatch: (values) => values.map(mask),
    isToken: prefixedTokenCheck('rsa', key.kid, (length) => length === bytes),
  };
}

export function createRsaUnmasking(key: UnmaskKey): UnmaskingMethod {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const { privateKey } = key;
  const bytes = modulusBytes(publicHalf(privateKey));
  return {
    fits: (length) => length === bytes,
    async open(body, fields) {
      const message = isRemote(privateKey) ? await privateKey.decryptOaep(body) : await decryptOaep(privateKey, body);
      if (message === undefined) return [];
      try {
        const value = utf8.decode(message);
        return fields.map((field) => ({ field, value }));
      } catch {
        return [];
      }
    },
  };
}
