/**
 * Made-up logins, shaped like the challenge's: what `masque demo` sends. Nothing in it is anybody's: the addresses are
 * of the ranges set aside for documentation, tests and the like, user ids are random, and device ids, which are shaped
 * like US social security numbers as the challenge's are, have a first and a second part that no such number has.
 *
 * In every hundred messages: one of the wrong kind, 29 null locales, versions of two and of three parts, some reserved
 * addresses that are real data all the same, and values that repeat.
 */
export interface SampleOptions {
  readonly count: number;
  /** The same seed gives the same messages. Default 1. */
  readonly seed?: number;
  /** Share of ips and device ids that were seen before, 0 to 1. Default 0.2. */
  readonly repeat?: number;
}

const locales = ['US', 'RU', 'BR', 'DE', 'FR', 'JP', 'PH', 'KE', 'VN', 'PE'];
const deviceTypes = ['android', 'ios'];
/** Multicast, reserved and loopback: a check for "public" addresses would lose such rows. */
const unusual = ['239.255.0.7', '240.0.0.1', '127.0.0.1', '255.255.255.255', '0.0.0.0'];
/** Addresses that recur, in the spellings in which one address may arrive. */
const spellings = ['::ffff:198.51.100.7', '2001:DB8:0:0:0:0:0:7', '2001:db8::7', ' 198.51.100.7 '];

export function* sampleMessages({ count, seed = 1, repeat = 0.2 }: SampleOptions): Generator<string> {
  const random = mulberry32(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const seen: { readonly ips: string[]; readonly devices: string[] } = { ips: ['198.51.100.7'], devices: [] };

  for (let at = 0; at < count; at += 1) {
    const place = at % 100;
    if (place === 41) {
      yield JSON.stringify({ ping: 'not_a_login', sequence: String(at) });
      continue;
    }
    const ip = random() < repeat ? pick(seen.ips) : freshIp(at, place, random);
    const device = random() < repeat && seen.devices.length > 0 ? pick(seen.devices) : freshDevice(random);
    remember(seen.ips, ip, random);
    remember(seen.devices, device, random);
    const parts = random() < 0.55 ? 2 : 3;
    yield JSON.stringify({
      user_id: uuid(random),
      app_version: Array.from({ length: parts }, () => Math.floor(random() * 10)).join('.'),
      device_type: pick(deviceTypes),
      ip: place === 7 ? pick(spellings) : ip,
      locale: place % 10 < 3 ? null : pick(locales),
      device_id: device,
    });
  }
}

function freshIp(at: number, place: number, random: () => number): string {
  if (place % 20 === 19) return unusual[Math.floor(place / 20)] ?? '127.0.0.1';
  // 198.18.0.0/15 (RFC 2544) has 131,072 addresses; beyond them the documentation prefix of IPv6 has enough.
  if (at < 20_000) return `198.${18 + Math.floor(random() * 2)}.${byte(random)}.${byte(random)}`;
  return `2001:db8:${hex(random, 4)}:${hex(random, 4)}::${hex(random, 4)}`;
}

function freshDevice(random: () => number): string {
  const digits = (length: number): string => String(Math.floor(random() * 10 ** length)).padStart(length, '0');
  // Never issued: social security numbers do not begin with 9, and the taxpayer numbers that do go on with 50 to 99.
  return `9${digits(2)}-${String(Math.floor(random() * 50)).padStart(2, '0')}-${digits(4)}`;
}

/** A bounded memory, so that a million messages need no more room than a thousand. */
function remember(values: string[], value: string, random: () => number): void {
  if (values.length < 200) values.push(value);
  else values[Math.floor(random() * values.length)] = value;
}

function uuid(random: () => number): string {
  return `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-a${hex(random, 3)}-${hex(random, 12)}`;
}

function hex(random: () => number, length: number): string {
  let text = '';
  while (text.length < length) text += Math.floor(random() * 16).toString(16);
  return text;
}

function byte(random: () => number): number {
  return Math.floor(random() * 256);
}

/** A small seeded generator (Tommy Ettinger's mulberry32): repeatable, and good enough for made-up data. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
