import { BlockList, isIP } from 'node:net';
import { expect, test } from 'vitest';
import pipeline from '../user-logins.ts';
import { type SampleOptions, sampleMessages } from '../user-logins.sample.ts';

interface Login {
  readonly user_id: string;
  readonly app_version: string;
  readonly device_type: string;
  readonly ip: string;
  readonly locale: string | null;
  readonly device_id: string;
}

const sample = (options: SampleOptions): string[] => [...sampleMessages(options)];

function loginsOf(options: SampleOptions): Login[] {
  return sample(options)
    .map((body) => JSON.parse(body) as Login)
    .filter((message) => pipeline.record.safeParse(message).success);
}

/** Ranges whose addresses are nobody's, each by its registry entry. */
const nobodys = new BlockList();
nobodys.addSubnet('198.18.0.0', 15, 'ipv4'); // RFC 2544, benchmarking
nobodys.addSubnet('198.51.100.0', 24, 'ipv4'); // RFC 5737, documentation
nobodys.addSubnet('239.255.0.0', 16, 'ipv4'); // RFC 2365, multicast of local scope
nobodys.addSubnet('240.0.0.0', 4, 'ipv4'); // RFC 1112, reserved; its last is the limited broadcast
nobodys.addSubnet('127.0.0.0', 8, 'ipv4'); // RFC 1122, loopback
nobodys.addAddress('0.0.0.0', 'ipv4'); // RFC 1122, this host
nobodys.addSubnet('2001:db8::', 32, 'ipv6'); // RFC 3849, documentation
/** What a check for "public" addresses would lose. */
const unusual = new BlockList();
unusual.addSubnet('224.0.0.0', 4, 'ipv4');
unusual.addSubnet('240.0.0.0', 4, 'ipv4');
unusual.addSubnet('127.0.0.0', 8, 'ipv4');

const isIn = (list: BlockList, ip: string): boolean =>
  list.check(ip.trim().replace('::ffff:', ''), isIP(ip.trim().replace('::ffff:', '')) === 6 ? 'ipv6' : 'ipv4');

test.each([1, 2, 3, 4, 5])('a hundred messages have what the challenge’s have (seed %i)', (seed) => {
  const logins = loginsOf({ count: 100, seed });
  expect(logins).toHaveLength(99);
  expect(logins.filter(({ locale }) => locale === null)).toHaveLength(29);
  const parts = new Set(logins.map(({ app_version }) => app_version.split('.').length));
  expect(parts).toEqual(new Set([2, 3]));
  expect(logins.some(({ ip }) => isIn(unusual, ip))).toBe(true);
  expect(new Set(logins.map(({ ip }) => ip)).size).toBeLessThan(95);
  expect(new Set(logins.map(({ device_id }) => device_id)).size).toBeLessThan(95);
});

test('the odd one of a hundred is a message of another kind', () => {
  const others = sample({ count: 100 }).filter((body) => !pipeline.record.safeParse(JSON.parse(body)).success);
  expect(others).toEqual([expect.stringContaining('not_a_login')]);
});

test('the same seed gives the same messages, another seed gives others', () => {
  expect(sample({ count: 250, seed: 7 })).toEqual(sample({ count: 250, seed: 7 }));
  expect(sample({ count: 250, seed: 7 }).slice(0, 100)).toEqual(sample({ count: 100, seed: 7 }));
  const users = [7, 8].flatMap((seed) => loginsOf({ count: 250, seed }).map(({ user_id }) => user_id));
  expect(new Set(users).size).toBe(users.length);
});

test('repeats are as many as asked for', () => {
  const [none = 0, half = 0, all] = [0, 0.5, 1].map(
    (repeat) => new Set(loginsOf({ count: 5_000, repeat }).map(({ device_id }) => device_id)).size,
  );
  expect(none / 4_950).toBeCloseTo(1, 2);
  expect(half / 4_950).toBeCloseTo(0.5, 1);
  expect(all).toBe(1);
});

test('no value is anybody’s, even beyond the addresses of the test range', () => {
  const logins = loginsOf({ count: 25_000, repeat: 0 });
  expect(logins.filter(({ ip }) => !isIn(nobodys, ip))).toEqual([]);
  expect(logins.some(({ ip }) => ip.startsWith('2001:db8:'))).toBe(true);
  // Neither social security numbers nor the taxpayer numbers that begin with 9.
  expect(logins.filter(({ device_id }) => !/^9\d\d-[0-4]\d-\d{4}$/.test(device_id))).toEqual([]);
  expect(
    logins.filter(({ user_id }) => !/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-a[\da-f]{3}-[\da-f]{12}$/.test(user_id)),
  ).toEqual([]);
});
