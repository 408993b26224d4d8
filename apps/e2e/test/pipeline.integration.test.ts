import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import { traffic } from '../src/logins.ts';
import { expectExactlyOnce } from '../src/placement.ts';
import { openWorld, type World } from '../src/world.ts';

const stack = inject('stack');
const command = resolve(import.meta.dirname, '../../cli/bin/masque.js');

/** `masque status`, by users who may do no more than that takes. */
async function statusAsCustodian({ local, logins, redisUsers }: World): Promise<unknown> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    ...local.settings,
    DATABASE_URL: logins.custodian,
    REDIS_URL: redisUsers?.url('custodian') ?? '',
  };
  const { stdout } = await promisify(execFile)(process.execPath, [command, 'status', '--json'], { env });
  return JSON.parse(stdout);
}

const two = { extractor: 2, masker: 2, loader: 2 };

describe('two replicas of every stage', () => {
  it('load every message once, quarantine the bad, empty the queue and stop in order', async () => {
    await using world = await openWorld({ stack, replicas: two, redisUsers: true });
    const sent = traffic(2_000);
    await world.send(sent.bodies);
    await world.whenQuiet();
    await expectExactlyOnce(world, sent);

    const reasons = await world.query<{ reason: string; fields: string[] }>(
      'select distinct reason, fields from masque.quarantine order by 1',
    );
    expect(reasons).toEqual([
      { reason: 'malformed_version', fields: ['app_version'] },
      { reason: 'not_an_address', fields: ['ip'] },
      { reason: 'not_an_object', fields: [] },
      { reason: 'not_json', fields: [] },
      { reason: 'null_field', fields: ['device_id'] },
      { reason: 'wrong_kind', fields: [] },
    ]);
    expect(await statusAsCustodian(world)).toMatchObject({
      batches: { masked: { waiting: 0 } },
      replicas: { length: 6 },
      postgres: { loaded: expect.any(Number) },
      perSecond: Object.fromEntries(
        ['received', 'masked', 'loaded', 'deleted'].map((name) => [name, expect.any(Number)]),
      ),
      backlog: { messages: 0, drainS: 0 },
    });
    expect(await world.local.stop()).toEqual([0, 0, 0, 0, 0, 0]);
    const leftovers = await world.redis.keys(`${world.bundle.redisPrefix}:*:b-*`);
    expect(leftovers).toEqual([]);
    // Each stage as its own user of Redis: nothing that it does is refused.
    expect(await world.redisUsers?.refusals()).toEqual([]);
  });

  it('give equal values equal tokens, across replicas and restarts', async () => {
    await using world = await openWorld({ stack, replicas: two });
    await world.send(traffic(200).bodies);
    await world.whenQuiet();
    await world.local.stop();
    await world.local.startAll(two);
    await world.send(traffic(200).bodies);
    await world.whenQuiet();
    const [spread] = await world.query<Record<string, number>>(
      `select count(*)::int as rows, count(distinct masked_ip)::int as ips, count(distinct masked_device_id)::int as devices,
              count(*) filter (where masked_ip in (select masked_device_id from user_logins))::int as shared
       from user_logins`,
    );
    // `traffic` counts through the same 7 × 251 addresses and 400 devices each time.
    const distinct = new Set(Array.from({ length: 200 }, (_, at) => at).filter((at) => at % 10 !== 9));
    expect(spread).toEqual({ rows: 360, ips: distinct.size, devices: distinct.size, shared: 0 });
  });

  const challenge = resolve(import.meta.dirname, '../../../../shared/data/fetch-logins.jsonl');
  it.skipIf(!existsSync(challenge))('load the challenge’s 99 logins and quarantine its one wrong message', async () => {
    await using world = await openWorld({ stack, replicas: { extractor: 1, masker: 1, loader: 1 } });
    await world.send(readFileSync(challenge, 'utf8').trimEnd().split('\n'));
    await world.whenQuiet();
    const [counts] = await world.query(
      `select (select count(*) from user_logins)::int as rows, (select count(*) from user_logins where locale is null)::int as nulls,
              (select array_agg(reason) from masque.quarantine) as reasons`,
    );
    expect(counts).toEqual({ rows: 99, nulls: 29, reasons: ['wrong_kind'] });
  });
});
