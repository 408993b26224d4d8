import { expect, inject, it } from 'vitest';
import { masque } from '../src/command.ts';
import { aLogin } from '../src/logins.ts';
import { openWorld, type World } from '../src/world.ts';

const stack = inject('stack');
const reason = ['--reason', 'a test'];

async function send(world: World, count: number): Promise<void> {
  await world.send(Array.from({ length: count }, () => JSON.stringify(aLogin())));
  await world.whenQuiet();
}

/** Rows by the key of their address. */
async function rowsByKid(world: World): Promise<Record<string, number>> {
  const rows = await world.query<{ kid: string; rows: number }>(
    `select split_part(masked_ip, '.', 2) as kid, count(*)::int as rows from user_logins group by 1`,
  );
  return Object.fromEntries(rows.map(({ kid, rows }) => [kid, rows]));
}

async function restartMasker(world: World): Promise<void> {
  await world.local.processes.findLast(({ stage }) => stage === 'masker')?.stop();
  await world.local.start('masker').whenReady();
}

it('a key goes through its life while messages come, and no message is lost or masked with the wrong one', async () => {
  await using world = await openWorld({ stack, replicas: { extractor: 1, masker: 1, loader: 1 } });
  await send(world, 5);
  const [old = ''] = Object.keys(await rowsByKid(world));

  const rotated = await masque(world, 'keys', 'rotate', ...reason);
  expect(rotated).toMatchObject({ status: 0, json: { key: { status: 'PENDING', method: 'rsa', bits: 3072 } } });
  const { kid } = rotated.json['key'] as { kid: string };
  expect(await masque(world, 'keys', 'promote', kid, ...reason)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('is not known to every masker'),
  });
  await restartMasker(world);
  expect(await masque(world, 'keys', 'promote', kid, ...reason)).toMatchObject({
    status: 0,
    json: { key: { kid, status: 'PRIMARY' }, former: { kid: old }, rollout: { maskers: [expect.any(String)] } },
  });

  // Until it is restarted a masker goes on with the file that it has read.
  await send(world, 2);
  expect(await masque(world, 'keys', 'retire', old, ...reason)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`maskers still mask with the key ${old}`),
  });
  await restartMasker(world);
  await send(world, 4);
  expect(await rowsByKid(world)).toEqual({ [old]: 7, [kid]: 4 });
  expect(await masque(world, 'keys', 'retire', old, ...reason)).toMatchObject({
    status: 78,
    stderr: expect.stringContaining(`7 rows use the key ${old}`),
  });

  // What `masque rekey` leaves behind.
  const [token] = await world.query<{ masked_ip: string }>(
    `delete from user_logins where masked_ip like 'rsa1.' || $1 || '.%' returning masked_ip`,
    [old],
  );
  expect(await masque(world, 'keys', 'retire', old, ...reason)).toMatchObject({ status: 0 });
  expect(await masque(world, 'unmask', token?.masked_ip ?? '', ...reason)).toMatchObject({
    status: 89,
    stderr: expect.stringContaining('was retired'),
  });
  expect(await masque(world, 'keys', 'destroy', old, ...reason)).toMatchObject({ status: 0 });
  expect(await world.local.stop()).not.toContain(1);
  expect(await masque(world, 'keys', 'check')).toMatchObject({ status: 0, json: { findings: [] } });
  const { json } = await masque(world, 'keys', 'list');
  expect(json['keys']).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kid: old, status: 'DESTROYED', record: expect.objectContaining({ rows: 7 }) }),
      expect.objectContaining({ kid, status: 'PRIMARY', record: expect.objectContaining({ rows: 4 }) }),
    ]),
  );
});
