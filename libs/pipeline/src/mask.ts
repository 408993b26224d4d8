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

/**
 * A short keyed token in the column; the value itself, encrypted to the custodian, once in `masque.vault`. Taking that
 * entry away leaves nothing that could bring the value back.
 */
export interface VaultMask {
  readonly method: 'vault';
  readonly form: CanonicalForm;
  /** Of the custodian's key, which the entries are encrypted to. Tokens do not depend on it. */
  readonly bits: RsaBits;
}

/** AES-256-SIV: the masking key itself recovers the value. */
export interface SivMask {
  readonly method: 'siv';
  readonly form: CanonicalForm;
  /** The longest value taken, in bytes of UTF-8; an address has 16. */
  readonly maxBytes: number;
}

/** HMAC-SHA256: nobody recovers the value, but whoever has the key can try values. */
export interface HmacMask {
  readonly method: 'hmac';
  readonly form: CanonicalForm;
}

/** FF1: the token has the value's length and alphabet. */
export interface Ff1Mask {
  readonly method: 'ff1';
  readonly form: 'text';
  readonly alphabet: string;
  readonly keep: string;
  readonly maxLength: number;
}

/** The token is an IP address: of one AES block (`det`), or bit by bit so that subnets stay subnets (`pfx`). */
export interface IpcryptMask {
  readonly method: 'ipcrypt-det' | 'ipcrypt-pfx';
  readonly form: 'address';
}

/** The network of an address, without its host bits. No key: nobody recovers them. */
export interface TruncateMask {
  readonly method: 'truncate';
  readonly form: 'address';
  /** Bits of an IPv4 address that stay. */
  readonly v4: number;
  /** Bits of an IPv6 address that stay. */
  readonly v6: number;
}

/** One text, or NULL, in the place of every value. What the value is is not even looked at. */
export interface RedactMask {
  readonly method: 'redact';
  readonly form: 'opaque';
  readonly as: string | null;
}

export type MaskSpec = RsaMask | VaultMask | SivMask | HmacMask | Ff1Mask | IpcryptMask | TruncateMask | RedactMask;

/** Default size: 3072 bits, good for 128 bits of security (NIST SP 800-57 part 1, table 2). */
export function rsa(form: CanonicalForm, options: { readonly bits?: RsaBits } = {}): RsaMask {
  return { method: 'rsa', form, bits: options.bits ?? 3072 };
}

/** Default size of the custodian's key: 3072 bits. */
export function vault(form: CanonicalForm, options: { readonly bits?: RsaBits } = {}): VaultMask {
  return { method: 'vault', form, bits: options.bits ?? 3072 };
}

/**
 * Longest text: 159 bytes unless told, so that a token fits varchar(256). Texts are filled up to whole blocks of
 * sixteen bytes, so that a token's length tells its value's only to within sixteen.
 */
export function siv(form: CanonicalForm, options: { readonly maxBytes?: number } = {}): SivMask {
  return { method: 'siv', form, maxBytes: form === 'address' ? 16 : (options.maxBytes ?? 159) };
}

export function hmac(form: CanonicalForm): HmacMask {
  return { method: 'hmac', form };
}

export interface Ff1Options {
  /** Different printable ASCII characters, 2 to 94, no space: the ones that are encrypted, and encrypted into. */
  readonly alphabet: string;
  /**
   * Characters that stay where they are, as the dashes of `593-47-5928`. Default none. A value with any other
   * character is refused: what is neither encrypted nor named here would be loaded as it is.
   */
  readonly keep?: string;
  /** The longest value taken, in characters, those kept included. Default 64. */
  readonly maxLength?: number;
}

/** Values of fewer than a million possible ones (a six-digit number has a million) are refused. */
export function ff1({ alphabet, keep = '', maxLength = 64 }: Ff1Options): Ff1Mask {
  return { method: 'ff1', form: 'text', alphabet, keep, maxLength };
}

export function ipcryptDet(): IpcryptMask {
  return { method: 'ipcrypt-det', form: 'address' };
}

export function ipcryptPfx(): IpcryptMask {
  return { method: 'ipcrypt-pfx', form: 'address' };
}

/** Default: /24 and /48, which are also the longest prefixes taken: a longer one tells a single household. */
export function truncate(options: { readonly v4?: number; readonly v6?: number } = {}): TruncateMask {
  return { method: 'truncate', form: 'address', v4: options.v4 ?? 24, v6: options.v6 ?? 48 };
}

/** Default: NULL, as if the field had been null. */
export function redact(options: { readonly as?: string | null } = {}): RedactMask {
  return { method: 'redact', form: 'opaque', as: options.as ?? null };
}
