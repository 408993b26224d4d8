import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { masque } from '../src/command.ts';
import { aLogin, type Traffic, traffic } from '../src/logins.ts';
import { expectExactlyOnce } from '../src/placement.ts';
import { openWorld, type World } from '../src/world.ts';

const two = { extractor: 1, masker: 2, loader: 2 };

/** Tokens in rows whose line in the vault is missing. */
const unopenable = `
  select token from (select unnest(array[masked_ip, masked_device_id]) as token from user_logins) as used
  where not exists (select from masque.vault where vault.token = used.token)`;

let world: World;
let sent: Traffic;
beforeAll(async () => {
  world = await openWorld({
    stack: inject('stack'),
    pipeline: 'user-logins-vault',
    visibilityTimeoutS: 9,
    replicas: two,
    // The challenge's own words: nothing had to be widened.
    ownersSql: `create table user_logins (user_id varchar(128), device_type varchar(32), masked_ip varchar(256),
      masked_device_id varchar(256), locale varchar(32), app_version integer, create_date date)`,
  });
  sent = traffic(1_000);
  await world.send(sent.bodies);
});
afterAll(() => world[Symbol.asyncDispose]());

async function counter(name: string): Promise<number> {
  const texts = await Promise.all(world.local.processes.map((process) => process.scrapeText().catch(() => '')));
  const values = texts.flatMap((text) => text.match(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)$`, 'm'))?.[1] ?? []);
  return values.reduce((sum, value) => sum + Number(value), 0);
}

it('rows and entries arrive together, also when a masker and a loader are killed and Redis is flushed', async () => {
  await world.until('some rows', async () => (await world.query('select from user_logins limit 1')).length > 0);
  for (const stage of ['masker', 'loader']) {
    await world.local.processes.find((process) => process.stage === stage)?.stop('SIGKILL');
  }
  const keys = await world.redis.keys(`${world.bundle.redisPrefix}:*`);
  if (keys.length > 0) await world.redis.unlink(...keys);
  expect(await world.query(unopenable)).toEqual([]);
  await world.whenQuiet();
  await expectExactlyOnce(world, sent);
  expect(await world.query(unopenable)).toEqual([]);
  const [counts] = await world.query(
    `select (select count(*) from masque.vault)::int as entries,
            (select count(distinct masked_ip) + count(distinct masked_device_id) from user_logins)::int as tokens`,
  );
  expect(counts?.['entries']).toBe(counts?.['tokens']);
});

it('RSA runs once a value and masker, not once a message', async () => {
  const before = await counter('masque_masker_vault_entries_encrypted_total');
  const login = aLogin({ ip: '192.0.2.77', device_id: 'SENTINEL-once' });
  // Several batches, so that it is not only the batch that knows its values.
  for (let round = 0; round < 4; round += 1) {
    await world.send(
      Array.from({ length: 50 }, (_, at) => JSON.stringify({ ...login, user_id: `once-${round}-${at}` })),
    );
    await world.whenQuiet();
  }
  expect(await world.query(`select from user_logins where user_id like 'once-%'`)).toHaveLength(200);
  const encrypted = (await counter('masque_masker_vault_entries_encrypted_total')) - before;
  expect(encrypted).toBeGreaterThan(0);
  // Two values; one masker is left.
  expect(encrypted).toBeLessThanOrEqual(2);
});

it('the custodian opens tokens, erases one, and what comes after stays closed and is told', async () => {
  const [row] = await world.query<{ ip: string; device: string }>(
    `select masked_ip as ip, masked_device_id as device from user_logins where user_id = 'once-0-0'`,
  );
  const { ip = '', device = '' } = row ?? {};
  expect((await masque(world, 'unmask', ip, device, '--reason', 'r')).json).toMatchObject({
    values: [
      { field: 'ip', value: '192.0.2.77' },
      { field: 'device_id', value: 'SENTINEL-once' },
    ],
  });
  const erased = await masque(world, 'erase', 'SENTINEL-once', '--field', 'device_id', '--reason', 'r', '--yes');
  expect(erased.json).toEqual({ erased: { entries: 1, rows: 0, quarantined: 0 } });

  await world.send([JSON.stringify(aLogin({ user_id: 'after', device_id: ' SENTINEL-once ' }))]);
  await world.whenQuiet();
  expect(
    await world.query(`select from user_logins where user_id = 'after' and masked_device_id = '${device}'`),
  ).toHaveLength(1);
  expect((await masque(world, 'unmask', device, '--reason', 'r')).status).toBe(87);
  expect(await counter('masque_loader_erased_values_total')).toBe(1);
  expect(await world.logs()).toContain('"event":"erased_values_arrived"');
});

it('PostgreSQL and the logs hold no value', async () => {
  for (const table of ['user_logins', 'masque.vault', 'masque.quarantine']) {
    const rows = await world.query<{ text: string }>(`select t::text as text from ${table} t`);
    const hex = Buffer.from('SENTINEL').toString('hex');
    expect(rows.filter(({ text }) => text.includes('SENTINEL') || text.includes(hex))).toEqual([]);
  }
  expect(await world.logs()).not.toContain('SENTINEL');
});
