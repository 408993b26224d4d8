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
  let start = 0;
  for (let at = 0; at <= address.length; at += 1) {
    if (at < address.length && address.charCodeAt(at) !== colon) continue;
    if (at > start) groups.push(...groupsOf(address.slice(start, at)));
    // An empty text between two colons is the gap; at either end it is half of one.
    else if (at > 0 && at < address.length) gapAt = groups.length;
    start = at + 1;
  }
  if (gapAt !== -1) groups.splice(gapAt, 0, ...zeros.slice(groups.length));
  return groups;
}

const colon = 0x3a;
const zeros = [0, 0, 0, 0, 0, 0, 0, 0];

function groupsOf(text: string): number[] {
  if (!text.includes('.')) return [Number.parseInt(text, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}

export function ipv6Text(groups: readonly number[]): string {
  const [high = 0, low = 0] = groups.slice(6);
  const mapped = groups[5] === 0xffff && groups.findIndex((group) => group !== 0) === 5;
  if (mapped) return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  const { at, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  // RFC 5952 section 4.2.2: `::` does not stand for a single group.
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, at).join(':')}::${hex.slice(at + length).join(':')}`;
}

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
