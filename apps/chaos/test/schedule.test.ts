import { expect, test } from 'vitest';
import { readArguments } from '../src/arguments.ts';
import { catalogue, chosen } from '../src/catalogue.ts';
import { schedule } from '../src/chaos.ts';
import { createRandom } from '../src/random.ts';
import { describe } from '../src/schedule.ts';
import { sentinels, sentinelsIn } from '../src/sentinels.ts';
import { badMessages, traffic } from '../src/traffic.ts';

const lines = (seed: string, scale = 1): string[] => describe(schedule({ seed, mishaps: catalogue, scale }));

test('the same seed gives the same schedule, another another', () => {
  expect(lines('7')).toEqual(lines('7'));
  expect(lines('7')).not.toEqual(lines('8'));
});

test('every fault happens once, and none of a round strikes what another does', () => {
  for (let seed = 0; seed < 50; seed += 1) {
    const rounds = schedule({ seed: String(seed), mishaps: catalogue, scale: 0.2 });
    const names = rounds.flat().map(({ mishap }) => mishap.name);
    expect(new Set(names).size).toBe(catalogue.length);
    expect(names).toHaveLength(catalogue.length);
    for (const round of rounds) {
      const struck = round.flatMap(({ mishap }) => mishap.strikes);
      expect(new Set(struck).size).toBe(struck.length);
    }
  }
});

test('what a seed draws for one fault does not depend on the others', () => {
  const [alone, among] = [['redis:full'], ['redis', 'sqs', 'loader']].map((names) =>
    schedule({ seed: '3', mishaps: chosen(names), scale: 1 })
      .flat()
      .find(({ mishap }) => mishap.name === 'redis:full'),
  );
  expect(alone).toBeDefined();
  expect(alone).toEqual(among);
});

test('outages last as long as asked, and nothing else does', () => {
  const given = readArguments(['--outage-s', '600', '--faults', 'redis,postgres']);
  if (given === 'help') throw new Error('no arguments');
  const draws = schedule(given)
    .flat()
    .map(({ mishap, draw }) => [mishap.name, draw['ms']] as const);
  const long = draws.filter(([, ms]) => ms === 600_000).map(([name]) => name);
  expect(long.sort()).toEqual(['postgres:outage', 'redis:outage']);
  expect(() => readArguments(['--outage-s', 'long'])).toThrow('--outage-s');
});

test('faults are chosen by name or by what they strike', () => {
  expect(chosen(['redis:flush']).map(({ name }) => name)).toEqual(['redis:flush']);
  expect(chosen(['postgres']).length).toBeGreaterThan(5);
  expect(() => readArguments(['--faults', 'redis:flood'])).toThrow('redis:flood');
  expect(() => readArguments(['--replicas', 'cook=3'])).toThrow('--replicas');
  expect(readArguments(['--replicas', 'masker=3'])).toMatchObject({ replicas: { extractor: 2, masker: 3, loader: 2 } });
});

test('the traffic is the seed’s, with bad messages of every reason, and some sent twice', () => {
  const sent = traffic(createRandom('1'), 'user').take(2_000).toArray();
  expect(sent).toEqual(traffic(createRandom('1'), 'user').take(2_000).toArray());
  const reasons = new Set(sent.flatMap((message) => ('reason' in message ? [message.reason] : [])));
  expect(reasons.size).toBe(badMessages.length);
  const users = sent.flatMap((message) => ('user' in message ? [message.user] : []));
  expect(users.length).toBeGreaterThan(new Set(users).size + 50);
});

test('a sentinel is found however it is spelled', () => {
  const text = `..${sentinels.device}42..`;
  expect(sentinelsIn(text)).toEqual(['device']);
  for (const shift of ['', 'a', 'ab'])
    expect(sentinelsIn(Buffer.from(shift + text).toString('base64'))).toEqual(['device']);
  expect(sentinelsIn(Buffer.from(text).toString('hex'))).toEqual(['device']);
  expect(sentinelsIn('SNTNL-device 203.0.114.1')).toEqual([]);
});
