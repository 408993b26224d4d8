import type { MaskSpec } from './mask.ts';

/** Characters in a key id: base32, so 30 bits of randomness. */
export const kidLength = 6;

/** `ffff:` seven times and `ffff`: an IPv6 address at its longest, RFC 5952. */
const longestAddress = 39;

/** The longest token a mask can give, in characters: what its column must hold. */
export function tokenLength(spec: MaskSpec): number {
  switch (spec.method) {
    case 'rsa':
      return prefixed('rsa1', spec.bits / 8);
    case 'vault':
      return prefixed('vlt1', 32);
    case 'siv':
      return prefixed('siv1', 16 + sivBytes(spec.form, spec.maxBytes));
    case 'hmac':
      return prefixed('hmac1', 32);
    case 'ff1':
      return spec.maxLength;
    case 'ipcrypt-det':
    case 'ipcrypt-pfx':
      return longestAddress;
    case 'truncate':
      return Math.max(longestV4(spec.v4), longestV6(spec.v6));
    case 'redact':
      return spec.as?.length ?? 0;
    default:
      return spec satisfies never;
  }
}

/** `<prefix>.<kid>.<bytes in base64url>` */
function prefixed(prefix: string, bytes: number): number {
  return prefix.length + 1 + kidLength + 1 + Math.ceil((bytes * 4) / 3);
}

/** What is encrypted of a value: an address's sixteen bytes, or a text, a mark, and zeros up to a whole block. */
export function sivBytes(form: 'address' | 'text', textBytes: number): number {
  return form === 'address' ? 16 : 16 * (Math.floor(textBytes / 16) + 1);
}

/** `255.255.255.0/24`: each octet at the largest that its bits allow. */
function longestV4(bits: number): number {
  const octets = [0, 8, 16, 24].map((before) => 256 - 2 ** (8 - Math.min(Math.max(bits - before, 0), 8)));
  return `${octets.join('.')}/${bits}`.length;
}

/** `ffff:ffff:ffff::/48`: every group that has a bit has four digits. At most 48 bits, so `::` follows. */
function longestV6(bits: number): number {
  return Math.ceil(bits / 16) * 5 - 1 + '::/'.length + String(bits).length;
}
