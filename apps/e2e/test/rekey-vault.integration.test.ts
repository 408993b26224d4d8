import { resolve } from 'node:path';
import { promoteKey, retireKey, rotateKey } from '@masque/keyring';
import { expect, inject, it } from 'vitest';
import { command } from '../src/command.ts';
import { openDesk } from '../src/desk.ts';

const stack = inject('stack');
const killAt = resolve(import.meta.dirname, '../src/kill-at.ts');

it('encrypts entries anew though it is killed, touches no row, and lets the old key go', async () => {
  await using desk = await openDesk(stack.postgresUrl);
  const people = ['one', 'two', 'three', 'erased', 'moved'].map((kept, at) => ({ id: String(at), kept }));
  await desk.load(people);
  const tokens = people.map(({ kept }) => desk.token('kept', kept).token ?? '');
  const rows = await desk.query('select ctid::text, * from people order by id');
  const { kid: to } = await rotateKey({ dir: desk.keysDir, kind: { method: 'vault' }, reason: 'yearly' });
  const { former } = await promoteKey({ dir: desk.keysDir, kid: to, reason: 'yearly' });
  const from = former?.kid ?? '';
  await desk.query(`update masque.vault set ciphertext = null, erased_at = now() where token = '${tokens[3]}'`);
  // An entry of another token: it opens, and is not this token's.
  await desk.query(`update masque.vault set ciphertext = (select ciphertext from masque.vault where token = '${tokens[0]}')
                    where token = '${tokens[4]}'`);
  const args = ['rekey', '--from', from, '--to', to, '--reason', 'yearly', '--json'];
  expect((await desk.run([...args, '--dry-run'])).json).toEqual({ from, to, dryRun: true, entries: 4 });
  expect((await desk.run(['keys', 'retire', from, '--reason', 'r'])).stderr).toContain(
    '4 entries of the vault use the key',
  );
  for (const [point, left] of [
    ['recorded', 4],
    ['translated', 4],
    ['exchanged', 1],
  ] as const) {
    const env = { NODE_OPTIONS: `--import=${killAt}`, KILL_AT: `masque:rekey:${point}` };
    expect((await command({ ...desk.settings, ...env }, args)).status).toBe(null);
    const [held] = await desk.query<{ count: number }>(
      `select count(*)::int as count from masque.vault where kid = '${from}' and ciphertext is not null`,
    );
    expect([point, held?.count]).toEqual([point, left]);
  }
  const last = await desk.run(args);
  expect(last).toMatchObject({ status: 1, json: { entries: 0, left: 1, refused: 1 } });
  await desk.query(`delete from masque.vault where token = '${tokens[4]}'`);
  expect((await desk.run(args)).status).toBe(0);

  expect(await desk.query('select ctid::text, * from people order by id')).toEqual(rows);
  expect((await desk.query(`select from masque.vault where erased_at is not null and ciphertext is null`)).length).toBe(
    1,
  );
  await retireKey({ dir: desk.keysDir, kid: from, reason: 'yearly' });
  const opened = await desk.run(['unmask', '--reason', 'r', '--json', ...tokens.slice(0, 3)]);
  expect(opened).toMatchObject({ status: 0, json: { values: ['one', 'two', 'three'].map((value) => ({ value })) } });
  // What is masked now has the token that it had before.
  expect((await desk.run(['mask', '--field', 'kept', '--json', '-'], 'one')).json).toMatchObject({
    token: tokens[0],
    kid: to,
  });
  expect((await desk.run(['lookup', '--field', 'kept', '--json', '-'], 'two')).status).toBe(0);
});
