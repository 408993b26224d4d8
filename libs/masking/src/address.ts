import { isIP } from 'node:net';

/**
 * The one text of an IP address, or undefined when it is none.
 *
 * `net.isIP` decides what an address is. It refuses octets with leading zeros, which some parsers read as octal
 * (`010.0.0.1` as 8.0.0.1), so nothing is masked as the address of somebody else. What follows works on the sixteen
 * bytes, because one address has many spellings: IPv4 inside IPv6 (`::ffff:0:0/96`, RFC 4291 section 2.5.5.2) becomes
 * IPv4, any other IPv6 becomes RFC 5952 text. A zone id (RFC 4007) names an interface of the host that wrote it and
 * is dropped.
 */
export function addressText(text: string): string | undefined {
  const zoneAt = text.indexOf('%');
  const address = zoneAt === -1 ? text : text.slice(0, zoneAt);
  const family = isIP(address);
  if (family === 0) return undefined;
  // RFC 4007 section 11: a zone follows an IPv6 address and is not empty.
  if (zoneAt !== -1 && (family !== 6 || zoneAt === text.length - 1)) return undefined;
  return family === 4 ? address : ipv6Text(ipv6Groups(address));
}

/** The eight 16-bit groups of what `net.isIP` called IPv6. */
export function ipv6Groups(address: string): number[] {
  const groups: number[] = [];
  let gapAt = -1;
  // The digits since the last mark, as either family reads them.
  let [hex, decimal, digits] = [0, 0, 0];
  // Of IPv4 at the end: the octets that a dot has ended.
  let octets = 0;
  for (let at = 0; at < address.length; at += 1) {
    const code = address.charCodeAt(at);
    if (code === colon) {
      if (digits > 0) groups.push(hex);
      // Two colons are the gap, wherever they stand.
      else if (at > 0) gapAt = groups.length;
      [hex, decimal, digits] = [0, 0, 0];
    } else if (code === dot) {
      octets = octets * 256 + decimal;
      [hex, decimal, digits] = [0, 0, 0];
    } else {
      const digit = code <= nine ? code - zero : (code | lowerCase) - letterA + 10;
      hex = hex * 16 + digit;
      decimal = decimal * 10 + digit;
      digits += 1;
    }
  }
  if (address.includes('.')) groups.push(octets >> 8, (octets & 255) * 256 + decimal);
  else if (digits > 0) groups.push(hex);
  if (gapAt !== -1) groups.splice(gapAt, 0, ...zeros.slice(groups.length));
  return groups;
}

const [dot, zero, nine, colon, letterA, lowerCase] = [0x2e, 0x30, 0x39, 0x3a, 0x61, 0x20];
const zeros = [0, 0, 0, 0, 0, 0, 0, 0];

export function ipv6Text(groups: readonly number[]): string {
  if (isMapped(groups)) {
    const [high = 0, low = 0] = groups.slice(6);
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  const { at, length } = longestZeros(groups);
  // RFC 5952 section 4.2.2: `::` does not stand for a single group.
  if (length < 2) return hexText(groups, 0, groups.length);
  return `${hexText(groups, 0, at)}::${hexText(groups, at + length, groups.length)}`;
}

function isMapped(groups: readonly number[]): boolean {
  for (let index = 0; index < 5; index += 1) if (groups[index] !== 0) return false;
  return groups[5] === 0xffff;
}

function hexText(groups: readonly number[], start: number, end: number): string {
  let text = '';
  for (let index = start; index < end; index += 1) {
    const group = groups[index]!;
    if (index > start) text += ':';
    text += group < 256 ? bytes[group]! : bytes[group >> 8]! + paddedBytes[group & 255]!;
  }
  return text;
}

/** `Number.toString` with a base is four times as slow. */
const bytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16));
const paddedBytes = bytes.map((text) => text.padStart(2, '0'));

/** The longest run of zero groups, the first of equals (RFC 5952 section 4.2.3). */
function longestZeros(groups: readonly number[]): { at: number; length: number } {
  let longest = { at: 0, length: 0 };
  let at = 0;
  for (let index = 0; index < groups.length; index += 1) {
    if (groups[index] !== 0) at = index + 1;
    else if (index + 1 - at > longest.length) longest = { at, length: index + 1 - at };
  }
  return longest;
}
