import { describe, expect, inject, it } from 'vitest';
import { masque } from '../src/command.ts';
import { aLogin } from '../src/logins.ts';
import { openWorld, type World } from '../src/world.ts';

const stack = inject('stack');

async function rowsOf(world: World): Promise<number> {
  const [row] = await world.query<{ rows: number }>('select count(*)::int as rows from user_logins');
  return row?.rows ?? -1;
}

describe('a quarantined message', () => {
  it('is listed, revealed on record, and replayed once however often that is run', async () => {
    await using world = await openWorld({ stack, replicas: { extractor: 1, masker: 1, loader: 1 } });
    const secret = 'not-an-address-but-secret';
    await world.send([JSON.stringify(aLogin({ ip: secret })), 'not json', JSON.stringify(aLogin())]);
    await world.whenQuiet();
    const { json } = await masque(world, 'quarantine', 'list');
    const entries = json['entries'] as {
      id: string;
      reason: string;
      fields: string[];
      status: string;
      sentAt: number;
    }[];
    expect(entries.map(({ reason, fields, status }) => ({ reason, fields, status }))).toEqual(
      expect.arrayContaining([
        { reason: 'not_an_address', fields: ['ip'], status: 'held' },
        { reason: 'not_json', fields: [], status: 'held' },
      ]),
    );
    expect(JSON.stringify(json)).not.toContain(secret);

    const entry = entries.find(({ reason }) => reason === 'not_an_address');
    const hidden = await masque(world, 'quarantine', 'show', entry?.id ?? '');
    expect(JSON.stringify(hidden.json)).not.toContain(secret);
    const before = (await masque(world, 'audit', 'verify')).json['entries'] as number;
    const shown = await masque(world, 'quarantine', 'show', entry?.id ?? '', '--reveal', '--reason', 'ticket 7');
    expect(shown.json['body']).toContain(secret);
    expect((await masque(world, 'audit', 'verify')).json).toEqual({ entries: before + 1, whole: true });

    // The same message fails the same way again: held once more, under a name that leads back to it.
    expect((await masque(world, 'quarantine', 'replay', entry?.id ?? '', '--reason', 'try')).json).toMatchObject({
      sent: 1,
    });
    await world.whenQuiet();
    const replay = async (changed: string, ...flags: string[]) => {
      await world.query(`update masque.quarantine set ${changed} where id = $1`, [entry?.id]);
      const run = await masque(world, 'quarantine', 'replay', entry?.id ?? '', '--reason', 'try', ...flags);
      await world.whenQuiet();
      return run;
    };
    // One that died before it marked the entry is run again: by a release that did not note when it began, and by ours.
    expect((await replay(`status = 'held', replay_began = null`)).json).toMatchObject({ sent: 1, known: 0 });
    expect((await replay(`status = 'held'`)).json).toMatchObject({ sent: 0, known: 1 });
    const replays = await world.query<{ message_id: string; sent_at: Date }>(
      `select message_id, sent_at from masque.quarantine where message_id like 'replay-%'`,
    );
    expect(replays).toHaveLength(1);
    expect(Math.abs((replays[0]?.sent_at.getTime() ?? 0) - (entry?.sentAt ?? 0))).toBeLessThan(1);
    expect(await rowsOf(world)).toBe(1);

    // As long as the ledger would know, it was not loaded; later, nobody can tell.
    await world.query(`delete from masque.ledger where message_id::text like '________-____-8%'`);
    const longAgo = `status = 'held', replay_began = now() - interval '31 days'`;
    expect(await replay(longAgo)).toMatchObject({ status: 1, json: { sent: 0, known: 0, doubtful: 1 } });
    expect(await replay(`replay_began = now() - interval '29 days'`)).toMatchObject({ status: 0, json: { sent: 1 } });
    expect((await replay(longAgo)).json).toMatchObject({ sent: 0, known: 1 });
    await world.query(`delete from masque.ledger where message_id::text like '________-____-8%'`);
    expect(await replay(longAgo, '--in-doubt')).toMatchObject({ status: 0, json: { sent: 1, doubtful: 0 } });

    expect(
      (await masque(world, 'quarantine', 'discard', '--reason-code', 'not_json', '--reason', 'noise')).json,
    ).toEqual({ discarded: 1 });
    expect((await masque(world, 'quarantine', 'discard', '--reason', 'all')).status).not.toBe(0);
  });

  it('is inserted once its owner’s table takes it', async () => {
    await using world = await openWorld({
      stack,
      replicas: { extractor: 1, masker: 1, loader: 1 },
      ownersSql: `create table user_logins (user_id varchar(128), device_type varchar(32) check (device_type <> 'windows'),
        masked_ip text, masked_device_id text, locale varchar(32), app_version integer, create_date date)`,
    });
    await world.send([JSON.stringify(aLogin({ device_type: 'windows' })), JSON.stringify(aLogin())]);
    await world.whenQuiet();
    expect(await rowsOf(world)).toBe(1);
    const still = await masque(world, 'quarantine', 'replay', '--reason-code', 'refused_by_database', '--reason', 'r');
    expect(still).toMatchObject({ status: 1, json: { sent: 0, inserted: 0, refused: 1 } });
    await world.query('alter table user_logins drop constraint user_logins_device_type_check');
    const done = await masque(world, 'quarantine', 'replay', '--reason-code', 'refused_by_database', '--reason', 'r');
    expect(done).toMatchObject({ status: 0, json: { inserted: 1, refused: 0 } });
    const again = await masque(world, 'quarantine', 'replay', '--reason-code', 'refused_by_database', '--reason', 'r');
    expect(again.json).toMatchObject({ inserted: 0, refused: 0 });
    expect(await rowsOf(world)).toBe(2);
  });
});

describe('redrive', () => {
  it('sends back what was not loaded, under its first id, and not what was', async () => {
    await using world = await openWorld({ stack, replicas: { extractor: 1, masker: 1, loader: 1 } });
    const dead = await world.bundle.queues.createQueue(`${world.bundle.name}_dead`);
    const [loaded, lost] = [JSON.stringify(aLogin()), JSON.stringify(aLogin())];
    const ids = await world.bundle.queues.send(dead, [loaded, lost]);
    // The first of them was loaded before it was moved to the dead-letter queue.
    await world.query(`select masque.ensure_ledger_day((now() at time zone 'utc')::date)`);
    await world.query(
      `insert into masque.ledger (message_id, sent_day, pipeline) values ($1, (now() at time zone 'utc')::date, 'user-logins')`,
      [ids[0]],
    );
    const dry = await masque(world, 'redrive', '--from', dead, '--dry-run');
    expect(dry.json).toEqual({ sent: 1, known: 1 });
    expect(await world.bundle.queues.counts(dead)).toMatchObject({ visible: 2, inFlight: 0 });

    const moved = await masque(world, 'redrive', '--from', dead);
    expect(moved.json).toEqual({ sent: 1, known: 1 });
    await world.whenQuiet();
    expect(await world.bundle.queues.counts(dead)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    expect(await rowsOf(world)).toBe(1);
    const known = await world.query('select 1 from masque.ledger where message_id = $1', [ids[1]]);
    expect(known).toHaveLength(1);
    await world.bundle.queues.deleteQueue(dead);
  });
});
