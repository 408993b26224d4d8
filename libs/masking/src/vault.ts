import { refuse } from '@masque/pipeline';
import { fingerprint } from './fingerprint.ts';
import { createKeyedHash } from './keyed-hash.ts';
import { type PublicMaskKey, tokenKidOf, type UnmaskKey } from './keys.ts';
import type { MemoLimits } from './memo.ts';
import type { MaskingMethod, UnmaskingMethod } from './method.ts';
import { createEntryOpening } from './entry-envelope.ts';
import { maxMessageBytes, modulusBytes } from './oaep.ts';
import { prefixedTokenCheck } from './prefixed-token.ts';
import { tokenStart } from './token.ts';
import { createEntryMaker } from './vault-entries.ts';

/**
 * The method `vault`: a token that fits any column, and the value once, elsewhere, for the custodian alone.
 *
 *     K     = HKDF-SHA256(PRF secret, no salt, info "masque/vault/v1", 32 bytes)
 *     token = "vlt1." kid "." base64url(HMAC-SHA256(K, lp(field) || lp(kid) || lp(value)))
 *     entry = the value, encrypted to the public key: entry-envelope.ts
 *
 * What the database holds without the entries is what `hmac` leaves there. The RSA key can be exchanged by encrypting
 * the entries anew; no row changes, as the key that follows makes tokens with the first one's secret and name. Deleting an entry leaves a token that nobody can take back, though whoever has the
 * PRF secret can still try values. See `vault-entries.ts` for why no row is ever without its entry.
 */
export function createVaultMasking(field: string, key: PublicMaskKey, limits: MemoLimits): MaskingMethod {
  const keyedHash = createKeyedHash(key.prfSecret, 'masque/vault/v1', field, tokenKidOf(key));
  const longest = maxMessageBytes(modulusBytes(key.publicKey));
  const prefix = tokenStart('vault', tokenKidOf(key));
  return {
    method: 'vault',
    key: { kid: key.kid, fingerprint: fingerprint(key) },
    remember: false,
    // What RSA-OAEP takes at once: entries of before held no more, and all replicas refuse the same.
    maskBatch: (values) =>
      values.map((value) => (fits(value, longest) ? prefix + keyedHash(value, 'base64url') : refuse('too_long'))),
    isToken: prefixedTokenCheck('vault', tokenKidOf(key), (bytes) => bytes === 32),
    vault: createEntryMaker(key.kid, key.publicKey, limits),
  };
}

function fits(value: string, bytes: number): boolean {
  return 3 * value.length <= bytes || Buffer.byteLength(value) <= bytes;
}

/** The token only says which entry; the entry is bound to it by masking the value again, which the caller does. */
export function createVaultUnmasking({ privateKey }: UnmaskKey): UnmaskingMethod {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const openEntry = createEntryOpening(privateKey);
  return {
    fits: (length) => length === 32,
    async open(_, fields, entry) {
      const message = entry === undefined ? undefined : await openEntry(entry);
      if (message === undefined) return [];
      try {
        const value = utf8.decode(message);
        return fields.map((field) => ({ field, value }));
      } catch {
        // TextDecoder says what is wrong with it. That it does not open is enough.
        return [];
      }
    },
  };
}
