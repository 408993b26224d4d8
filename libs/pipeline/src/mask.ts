/**
 * What a definition says about masking: the method of a field and the canonical form its values are brought to first.
 * Only words here. The cryptography is in `libs/masking`, which the extractor and the loader cannot reach.
 */

/**
 * How two spellings of one value become one value.
 * - `address`: an IP address; RFC 5952 text, IPv4-mapped IPv6 unwrapped, zone id dropped.
 * - `text`: trimmed, Unicode NFC, case kept.
 */
export type CanonicalForm = 'address' | 'text';

export type RsaBits = 2048 | 3072 | 4096;

/** Deterministic RSAES-OAEP: equal values give equal tokens, the custodian's private key recovers them. */
export interface RsaMask {
  readonly method: 'rsa';
  readonly form: CanonicalForm;
  readonly bits: RsaBits;
}

export type MaskSpec = RsaMask;

/** Default size: 3072 bits, good for 128 bits of security (NIST SP 800-57 part 1, table 2). */
export function rsa(form: CanonicalForm, options: { readonly bits?: RsaBits } = {}): RsaMask {
  return { method: 'rsa', form, bits: options.bits ?? 3072 };
}

/** Whether a definition that no compiler saw says something that can be done. */
export function isMaskSpec(value: unknown): value is MaskSpec {
  if (typeof value !== 'object' || value === null) return false;
  const { method, form, bits } = value as Partial<RsaMask>;
  const known = { forms: ['address', 'text'], bits: [2048, 3072, 4096] };
  return method === 'rsa' && known.forms.includes(form as string) && known.bits.includes(bits as number);
}

/** Characters in a key id: base32, so 30 bits of randomness. */
export const kidLength = 6;

/** The longest token a mask can give, in characters: what its column must hold. */
export function tokenLength(spec: MaskSpec): number {
  const ciphertextBytes = spec.bits / 8;
  return 'rsa1.'.length + kidLength + '.'.length + Math.ceil((ciphertextBytes * 4) / 3);
}
