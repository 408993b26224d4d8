import { isIP } from 'node:net';
import type { TruncateMask } from '@masque/pipeline';
import { ipv6Groups } from './address.ts';
import { addressBytes, isIpv4, packAddresses, readAddress } from './address-bytes.ts';
import type { MaskingMethod } from './method.ts';

/**
 * The method `truncate`: the network that an address is in, as `198.51.100.0/24` or `2001:db8:1::/48`. The host bits
 * are gone, no key brings them back; what stays is coarse, and for whoever knows the network no secret. The length of
 * the prefix is written, so that nobody takes the result for an address that something had, and `::cidr` takes it.
 */
export function createTruncateMasking(spec: TruncateMask): MaskingMethod {
  function truncate(packed: Buffer, at: number): string {
    const [family, bits] = isIpv4(packed, at) ? [96, spec.v4] : [0, spec.v6];
    for (let bit = family + bits; bit < 8 * addressBytes; bit = 8 * (Math.floor(bit / 8) + 1)) {
      packed[at + Math.floor(bit / 8)]! &= 0xff00 >> (bit % 8);
    }
    return `${readAddress(packed, at)}/${bits}`;
  }

  return {
    method: 'truncate',
    remember: false,
    maskBatch(values) {
      const packed = packAddresses(values);
      return values.map((_, index) => truncate(packed, index * addressBytes));
    },
    isToken(result, value) {
      if (typeof result !== 'string') return false;
      const [address = '', bits = '', ...more] = result.split('/');
      const family = isIP(address);
      if (more.length > 0 || family === 0 || family !== isIP(value)) return false;
      return bits === String(family === 4 ? spec.v4 : spec.v6) && hostBits(address, Number(bits)) === 0;
    },
  };
}

/** By other means than above: what is set behind the first `bits` bits, as groups of sixteen. */
function hostBits(address: string, bits: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const groups = address.includes(':') ? ipv6Groups(address) : [a * 256 + b, c * 256 + d];
  const host = groups.map((group, index) => group & (0xffff >> Math.min(Math.max(bits - 16 * index, 0), 16)));
  return host.reduce((sum, group) => sum + group, 0);
}
