import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { type Refusal, refuse } from '@masque/pipeline';
import { fingerprint } from './fingerprint.ts';
import type { MaskKey, UnmaskKey } from './keys.ts';
import { lengthPrefixed } from './lengths.ts';
import type { MaskingMethod, UnmaskingMethod } from './method.ts';
import { decryptOaep, encryptOaep, maxMessageBytes, modulusBytes } from './oaep.ts';
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
export function createRsaMasking(key: MaskKey): MaskingMethod {
  const seedKey = deriveSeedKey(key.prfSecret);
  const longest = maxMessageBytes(modulusBytes(key.publicKey));
  const prefix = tokenStart('rsa', key.kid);

  function mask(field: string, value: string): string | Refusal {
    const message = Buffer.from(value);
    if (message.length > longest) return refuse('too_long');
    const seed = createHmac('sha256', seedKey)
      .update(lengthPrefixed(field, key.kid, value))
      .digest();
    return prefix + encryptOaep(key.publicKey, message, seed).toString('base64url');
  }

  return {
    method: 'rsa',
    kid: key.kid,
    fingerprint: fingerprint(key),
    prefix,
    maskBatch: (field, values) => values.map((value) => mask(field, value)),
  };
}

export function createRsaUnmasking(key: UnmaskKey): UnmaskingMethod {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  function open(body: Buffer): string | undefined {
    const message = decryptOaep(key.privateKey, body);
    try {
      return message === undefined ? undefined : utf8.decode(message);
    } catch {
      return undefined;
    }
  }

  return {
    method: 'rsa',
    kid: key.kid,
    bodyBytes: modulusBytes(key.privateKey),
    openBatch: (bodies) => bodies.map(open),
  };
}

/** Through HKDF (RFC 5869), so that the PRF secret itself can serve other ends under other names. */
function deriveSeedKey(prfSecret: KeyObject): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', prfSecret, '', 'masque/rsa-oaep-seed/v1', 32)));
}
