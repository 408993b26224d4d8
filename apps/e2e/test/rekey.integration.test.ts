import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { keyPaths } from '@masque/key-files';
import { promoteKey, rotateKey } from '@masque/keyring';
import { createMasker, readMaskKeys } from '@masque/masking';
import { describe, expect, inject, it } from 'vitest';
import { aLogin, traffic } from '../src/logins.ts';
import { openWorld, type World } from '../src/world.ts';

const stack = inject('stack');
const command = resolve(import.meta.dirname, '../../cli/bin/masque.js');
const killAt = resolve(import.meta.dirname, '../src/kill-at.ts');

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
  readonly json: Record<string, unknown>;
}

async function masque(world: World, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const own = { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '' };
  const options = { env: { ...own, ...world.local.settings, ...env } };
  const ended = await promisify(execFile)(process.execPath, [command, ...args, '--json'], options)
    .then((done) => ({ ...done, code: 0, signal: null }))
    .catch((error: { stdout: string; stderr: string; code: number | null; signal: string | null }) => error);
  const { code, signal, stdout, stderr } = ended;
  return { code, signal, stderr, json: JSON.parse(stdout.trim().split('\n').at(-1) || '{}') as Ended['json'] };
}

/** The world's key followed by another, without asking whether every masker knows it, as `keys promote` would. */
async function rotate({ local: { keysDir: dir } }: World): Promise<{ readonly from: string; readonly to: string }> {
  const { kid } = await rotateKey({ dir, kind: {}, reason: 'a test' });
  const { former } = await promoteKey({ dir, kid, reason: 'a test' });
  return { from: former?.kid ?? '', to: kid };
}

/** Entries of the audit log that rekey has made. */
async function rekeysOnRecord(world: World): Promise<string[]> {
  expect((await masque(world, ['audit', 'verify'])).json).toMatchObject({ whole: true });
  const log = await readFile(join(world.local.keysDir, 'custodian', 'audit.jsonl'), 'utf8');
  const verbs = log
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { verb: string }).verb);
  return verbs.filter((verb) => verb.startsWith('rekey'));
}

async function maskWith(world: World, kid: string, field: string, values: readonly string[]): Promise<string[]> {
  const key = (await readMaskKeys(keyPaths(world.local.keysDir).masker.mask)).find((each) => each.kid === kid);
  const masker = createMasker({
    mask: world.pipeline.mask,
    keys: key === undefined ? [] : [{ ...key, status: 'PRIMARY' }],
  });
  return masker.mask(field, values).map(String);
}

/** What an analyst counts meanwhile, by the aliases. */
async function differentValues(world: World): Promise<unknown> {
  const [counts] = await world.query(`
    select count(distinct coalesce(a.new_token, masked_ip))::int as ips,
           count(distinct coalesce(b.new_token, masked_device_id))::int as devices
    from user_logins left join masque.aliases a on a.old_token = masked_ip
                     left join masque.aliases b on b.old_token = masked_device_id`);
  return counts;
}

const numbers = Array.from({ length: 40 }, (_, at) => at);
const ips = numbers.map((at) => `198.51.100.${at}`);
const devices = numbers.map((at) => `593-47-59${at + 10}`);

/** The first batch is of the quarantine, the second of the table; so is the first rewriting. */
const kills = [
  ['recorded', 1],
  ['translated', 1],
  ['aliased', 1],
  ['translated', 1],
  ['aliased', 1],
  ['paired', 1],
  ['rewritten', 2],
  ['rewritten', 3],
  ['counted', 1],
  ['dropped', 1],
] as const;

describe.concurrent('rekey', () => {
  it('ends as it would have, though it is killed at every step', async () => {
    await using world = await openWorld({ stack });
    const { from, to } = await rotate(world);
    const [oldIps, oldDevices] = [
      await maskWith(world, from, 'ip', ips),
      await maskWith(world, from, 'device_id', devices),
    ];
    // Three ranges of pages; and a device of which new rows have come with the new key already.
    await world.query(
      `insert into user_logins (user_id, masked_ip, masked_device_id)
       select at, ($1::text[])[1 + at % 40], ($2::text[])[1 + at % 39] from generate_series(0, 4199) as at`,
      [oldIps, oldDevices],
    );
    const [newIps, newDevices] = [
      await maskWith(world, to, 'ip', ips),
      await maskWith(world, to, 'device_id', devices),
    ];
    await world.query(`insert into user_logins (user_id, masked_ip, masked_device_id) values ('4200', $1, $2)`, [
      newIps[7],
      newDevices[7],
    ]);
    // A row that PostgreSQL had refused, and that may be inserted later.
    await world.query(
      `insert into masque.quarantine (pipeline, message_id, sent_at, received_at, reason, fields, sqlstate, masked_row)
       values ('user-logins', 'm', now(), now(), 'refused_by_database', '{}', '22001', $1)`,
      [JSON.stringify({ user_id: 'x', masked_ip: oldIps[3], masked_device_id: null })],
    );
    const args = ['rekey', '--from', from, '--to', to, '--reason', 'yearly'];
    expect((await masque(world, [...args, '--dry-run'])).json).toMatchObject({
      dryRun: true,
      columns: {
        masked_ip: { values: 4200, distinct: 40 },
        masked_device_id: { values: 4200, distinct: 39 },
      },
      refused: 0,
    });
    for (const [step, [point, nth]] of kills.entries()) {
      const killed = await masque(world, args, {
        NODE_OPTIONS: `--import=${killAt}`,
        KILL_AT: `masque:rekey:${point}`,
        KILL_NTH: String(nth),
      });
      expect([point, killed.signal]).toEqual([point, 'SIGKILL']);
      // Without its aliases, the row of the new key stands for values that the others stand for too.
      expect(await differentValues(world)).toEqual(step < 4 ? { ips: 41, devices: 40 } : { ips: 40, devices: 39 });
    }
    const done = await masque(world, args);
    expect(done).toMatchObject({
      code: 0,
      json: { tokens: 0, rows: 0, left: 0, refused: 0, aliasesDropped: true, after: { masked_ip: { distinct: 40 } } },
    });
    expect(await world.query('select from masque.aliases')).toEqual([]);
    const wrong = await world.query(
      `select user_id from user_logins
       where masked_ip <> case user_id when '4200' then $1 else ($3::text[])[1 + user_id::int % 40] end
          or masked_device_id <> case user_id when '4200' then $2 else ($4::text[])[1 + user_id::int % 39] end`,
      [newIps[7], newDevices[7], newIps, newDevices],
    );
    expect(wrong).toEqual([]);
    const [held] = await world.query<{ masked_row: unknown }>('select masked_row from masque.quarantine');
    expect(held?.masked_row).toEqual({ user_id: 'x', masked_ip: newIps[3], masked_device_id: null });
    // A beginning of each, and one end.
    expect(await rekeysOnRecord(world)).toEqual([...kills.map(() => 'rekey'), 'rekey', 'rekey_end']);
  });

  it('finds what a masker with the old key writes while it runs, and says to restart it', async () => {
    await using world = await openWorld({ stack, replicas: { extractor: 1, masker: 1, loader: 1 } });
    const [early, meanwhile, late] = [traffic(120), traffic(200), traffic(40)];
    await world.send(early.bodies);
    await world.whenQuiet();
    const old = world.local.processes.find(({ stage }) => stage === 'masker');
    const { from, to } = await rotate(world);
    const args = ['rekey', '--from', from, '--to', to, '--reason', 'a key was seen'];
    await world.send(meanwhile.bodies);
    const during = await masque(world, args);
    expect(during.code === 0 || during.stderr.includes('came meanwhile')).toBe(true);
    await world.whenQuiet();
    expect(await old?.stop()).toBe(0);
    await world.local.startAll({ extractor: 0, masker: 1, loader: 0 });
    const repeated = aLogin({ ip: '203.0.113.9' });
    await world.send([...late.bodies, JSON.stringify(repeated), JSON.stringify(repeated)]);
    await world.whenQuiet();
    const last = await masque(world, args);
    expect(last).toMatchObject({ code: 0, json: { left: 0, refused: 0, aliasesDropped: true } });
    const rows = early.users.length + meanwhile.users.length + late.users.length + 2;
    const [counts] = await world.query(
      `select count(*)::int as rows, count(*) filter (where masked_ip like $1)::int as ips,
              count(*) filter (where masked_device_id like $1)::int as devices from user_logins`,
      [`rsa1.${to}.%`],
    );
    expect(counts).toEqual({ rows, ips: rows, devices: rows });
    const [token] = await maskWith(world, to, 'ip', ['203.0.113.9']);
    expect(await world.query('select from user_logins where masked_ip = $1', [token])).toHaveLength(2);
  });

  it('leaves what no masker made, says so, and does not begin where keys do not fit', async () => {
    await using world = await openWorld({ stack });
    const { from, to } = await rotate(world);
    const [good = ''] = await maskWith(world, from, 'ip', ['198.51.100.1']);
    const forged = good.replace(/.{8}$/, 'AAAAAAAA');
    const cut = good.slice(0, 100);
    await world.query(
      `insert into user_logins (user_id, masked_ip) values ('1', $1), ('2', $2), ('3', $3), ('4', 'x')`,
      [good, forged, cut],
    );
    const args = ['rekey', '--from', from, '--to', to, '--reason', 'r'];
    const left = await masque(world, args);
    expect(left).toMatchObject({ code: 1, json: { tokens: 1, rows: 1, left: 2, refused: 2, aliasesDropped: false } });
    expect(left.stderr).toContain('masque verify');
    const rows = await world.query<{ masked_ip: string }>('select masked_ip from user_logins order by user_id');
    expect(rows.slice(1).map(({ masked_ip }) => masked_ip)).toEqual([forged, cut, 'x']);

    const back = await masque(world, ['rekey', '--from', to, '--to', from, '--reason', 'r']);
    expect(back).toMatchObject({ code: 78, stderr: expect.stringContaining('masked with') });
    // On record is the one that began.
    expect(await rekeysOnRecord(world)).toEqual(['rekey', 'rekey_end']);
  });
});
