import { ipv6Groups, ipv6Text } from './address.ts';

/** Sixteen for both families: IPv4 as `::ffff:a.b.c.d` (RFC 4291 section 2.5.5.2), so a length tells no family. */
export const addressBytes = 16;

/** @param address canonical text, as `addressText` gives it */
export function writeAddress(address: string, into: Buffer, at: number): void {
  if (address.includes(':')) {
    for (const [index, group] of ipv6Groups(address).entries()) into.writeUInt16BE(group, at + 2 * index);
    return;
  }
  into.fill(0, at, at + 10);
  into.writeUInt16BE(0xffff, at + 10);
  let octet = 0;
  let place = at + 12;
  for (let index = 0; index < address.length; index += 1) {
    const code = address.charCodeAt(index);
    if (code === dot) {
      into[place] = octet;
      place += 1;
      octet = 0;
    } else octet = octet * 10 + code - zero;
  }
  into[place] = octet;
}

const [dot, zero] = [0x2e, 0x30];

/** The canonical text of the sixteen bytes at `at`. */
export function readAddress(from: Buffer, at: number): string {
  return isIpv4(from, at)
    ? `${from[at + 12]}.${from[at + 13]}.${from[at + 14]}.${from[at + 15]}`
    : ipv6Text([0, 2, 4, 6, 8, 10, 12, 14].map((index) => from.readUInt16BE(at + index)));
}

export function isIpv4(from: Buffer, at: number): boolean {
  for (let index = 0; index < 10; index += 1) if (from[at + index] !== 0) return false;
  return from[at + 10] === 0xff && from[at + 11] === 0xff;
}

/** Canonical texts as one buffer, sixteen bytes each. */
export function packAddresses(addresses: readonly string[]): Buffer {
  const packed = Buffer.allocUnsafe(addresses.length * addressBytes);
  for (const [index, address] of addresses.entries()) writeAddress(address, packed, index * addressBytes);
  return packed;
}

export function unpackAddresses(packed: Buffer): string[] {
  return Array.from({ length: packed.length / addressBytes }, (_, index) => readAddress(packed, index * addressBytes));
}
