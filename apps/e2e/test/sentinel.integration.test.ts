import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startLocalStack } from '@masque/local-stack';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { aLogin } from '../src/logins.ts';
import { openWorld, type World } from '../src/world.ts';

const stack = inject('stack');

/** Values that must be seen nowhere. Long, so that no token or key holds one by chance. */
const sentinels = {
  ip: '203.0.113.211',
  device: 'SENTINEL-device-7f3a91',
  brokenJson: 'SENTINEL-broken-json-52c0',
  wrongType: 'SENTINEL-wrong-type-09bd',
  wrongKind: 'SENTINEL-wrong-kind-e41f',
  badAddress: 'SENTINEL-no-address-6d28',
  badVersion: 'SENTINEL-version-c7e5',
  duplicateKey: 'SENTINEL-duplicate-key-13aa',
  unknownKey: 'SENTINEL-unknown-key-8f60',
  tooLong: 'SENTINEL-too-long-b0d4',
  refusedDevice: 'SENTINEL-refused-device-5e7c',
};

const refusedUser = 'user-whose-row-is-refused';
const bodies = [
  JSON.stringify(aLogin({ ip: sentinels.ip, device_id: sentinels.device })),
  JSON.stringify(aLogin({ ip: `::ffff:${sentinels.ip}`, device_id: ` ${sentinels.device} ` })),
  `{"user_id": "${sentinels.brokenJson}"`,
  sentinels.brokenJson,
  JSON.stringify(aLogin({ device_id: [sentinels.wrongType] })),
  JSON.stringify({ ping: sentinels.wrongKind }),
  JSON.stringify(aLogin({ ip: sentinels.badAddress })),
  JSON.stringify(aLogin({ app_version: sentinels.badVersion })),
  JSON.stringify(aLogin()).replace('{', `{"device_id":"${sentinels.duplicateKey}",`),
  JSON.stringify(aLogin({ [sentinels.unknownKey]: 1 })),
  JSON.stringify(aLogin({ device_id: sentinels.tooLong.repeat(40) })),
  JSON.stringify(aLogin({ user_id: refusedUser, device_id: sentinels.refusedDevice })),
];

/** In clear, and as base64 would carry it at each of its three alignments. */
function spellings(sentinel: string): string[] {
  const aligned = ['', 'x', 'xx'].map((shift) => {
    const encoded = Buffer.from(shift + sentinel).toString('base64');
    return encoded.slice(shift.length === 0 ? 0 : 4, -4);
  });
  return [sentinel, Buffer.from(sentinel).toString('hex'), ...aligned];
}

/** Names of the sentinels in a text: in words, as a failure is to say which. */
function found(where: string, text: string): string {
  return Object.entries(sentinels)
    .filter(([, sentinel]) => spellings(sentinel).some((spelling) => text.includes(spelling)))
    .map(([name]) => `${name} in ${where}`)
    .join(', ');
}

describe('a planted value', () => {
  let own: Awaited<ReturnType<typeof startLocalStack>>;
  let world: World;
  beforeAll(async () => {
    own = await startLocalStack({ only: ['redis'] });
    world = await openWorld({
      stack: { ...stack, redisUrl: own.redis.url },
      visibilityTimeoutS: 120,
      // An owner's rule that refuses one row, so that PostgreSQL's detail quotes it.
      ownersSql: `create table user_logins (user_id varchar(128) check (user_id <> '${refusedUser}'), device_type varchar(32),
        masked_ip text, masked_device_id text, locale varchar(32), app_version integer, create_date date)`,
    });
    // RDB files compress by default, and a compressed sentinel would not be found.
    await world.redis.config('SET', 'rdbcompression', 'no');
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await own.stop();
  });

  /** Every key with its value, and the file that Redis writes. */
  async function expectCleanRedis(when: string): Promise<void> {
    const keys = await world.redis.keys('*');
    expect(keys).not.toEqual([]);
    await world.redis.save();
    const [, folder = ''] = await world.redis.config('GET', 'dir');
    const file = await readFile(join(folder, 'dump.rdb'), 'latin1');
    expect(found(`Redis ${when}`, file)).toBe('');
  }

  it('is found by this test where it does stand', async () => {
    // In a value of its own, and among the bytes of a hash.
    await world.redis.set('control', `a value with ${sentinels.device} in it`);
    await expect(expectCleanRedis('as a control')).rejects.toThrow('device in Redis');
    await world.redis.del('control');
    const bytes = Buffer.concat([Buffer.alloc(600, 255), Buffer.from(sentinels.ip), Buffer.alloc(600)]);
    await world.redis.hset('control', 'id', bytes);
    await expect(expectCleanRedis('as a control')).rejects.toThrow('ip in Redis');
    await world.redis.del('control');
    expect(found('x', Buffer.from(`..${sentinels.ip}..`).toString('base64'))).toBe('ip in x');
  });

  it('is nowhere in Redis between extractor and masker', async () => {
    world.pretend('masker');
    world.pretend('loader');
    await world.local.startAll({ extractor: 1, masker: 0, loader: 0 });
    await world.send(bodies);
    await world.until(
      'received',
      async () => (await world.local.snapshot()).stages.extractor.messages === bodies.length,
    );
    await expectCleanRedis('before masking');
  });

  it('is nowhere in Redis between masker and loader', async () => {
    await world.local.startAll({ extractor: 0, masker: 1, loader: 0 });
    await world.until('masked', async () => (await world.local.snapshot()).stages.masker.messages === bodies.length);
    await expectCleanRedis('before loading');
  });

  it('is nowhere in PostgreSQL, which holds every message', async () => {
    await world.local.startAll({ extractor: 0, masker: 0, loader: 1 });
    await world.whenQuiet();
    const tables = await world.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'masque')`,
    );
    expect(tables.length).toBeGreaterThan(4);
    for (const { name } of tables) {
      const rows = await world.query<{ text: string }>(`select t::text as text from ${name} t`);
      expect(found(name, rows.map(({ text }) => text).join('\n'))).toBe('');
    }
    const [counts] = await world.query(
      `select (select count(*) from user_logins)::int as rows, (select count(*) from masque.quarantine)::int as quarantined,
              (select count(*) from masque.quarantine where sqlstate = '23514')::int as refused`,
    );
    expect(counts).toEqual({ rows: 3, quarantined: 9, refused: 1 });
  });

  it('is nowhere in what the stages printed or measured', async () => {
    const scraped = await Promise.all(world.local.processes.map((process) => process.scrapeText()));
    expect(scraped.join('')).toContain('masque_masker_rejected_messages_total');
    expect(found('metrics', scraped.join(''))).toBe('');
    expect(await world.local.stop()).toEqual([0, 0, 0]);
    const logs = await world.logs();
    expect(logs).toContain('"event":"stopped"');
    expect(found('logs', logs)).toBe('');
    await expectCleanRedis('at the end');
  });
});
