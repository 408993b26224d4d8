import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Desk, openDesk } from '../src/desk.ts';

const address = '203.0.113.211';
const kept = 'SENTINEL-kept';

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk(inject('stack').postgresUrl);
  await desk.load([
    { id: 'p1', ip: address, kept },
    { id: 'p2', ip: `::ffff:${address}`, kept: 'other' },
    { id: 'p3', ip: '203.0.113.21', kept },
  ]);
  // Of each pair the second is somebody else's.
  await desk.quarantine([
    JSON.stringify({ ip: `::ffff:${address}`, nested: [] }),
    JSON.stringify({ ip: '203.0.113.21' }),
    JSON.stringify({ misspelled: [{ deeper: ` ${address} ` }] }),
    JSON.stringify({ ip: `${address}1` }),
    `{"ip": ${address}`,
    `{"ip": 1${address}`,
  ]);
  const masked = { id: 'p4', ip: desk.token('ip', address).token };
  const [own = '', another = ''] = [address, '203.0.113.21'].map((ip) => desk.token('ip', ip).token ?? '');
  await desk.query(
    `insert into masque.aliases values ('before', '${own}', 'a', 'b'), ('${own}', 'after', 'b', 'c'), ('x', '${another}', 'a', 'b')`,
  );
  await desk.query(
    `insert into masque.quarantine (pipeline, message_id, sent_at, received_at, reason, fields, sqlstate, masked_row)
     values ('every-method', 'm', now(), now(), 'refused_by_database', '{}', '22003', '${JSON.stringify(masked)}')`,
  );
});
afterAll(() => desk[Symbol.asyncDispose]());

const people = async (): Promise<string[]> =>
  (await desk.query<{ id: string }>('select id from people order by id')).map(({ id }) => id);
const statuses = async (): Promise<string[]> =>
  (await desk.query<{ status: string }>('select status from masque.quarantine order by id')).map(
    ({ status }) => status,
  );
const erase = (...args: string[]): ReturnType<Desk['run']> => desk.run(['erase', '--reason', 'request 7', ...args]);

it('nothing is erased unless it is confirmed; what would be is told', async () => {
  const { status, stderr, json } = await erase('--field', 'ip', '--json', address);
  expect({ status, json }).toMatchObject({ status: 64, json: { fault: { code: 'not_confirmed' } } });
  expect(stderr).toMatch(
    /^2 rows, 1 row in quarantine and 3 quarantined messages with the value will be deleted\.\nmasque: nothing was changed/,
  );
  expect(stderr).not.toContain(address);
  expect(await people()).toEqual(['p1', 'p2', 'p3']);
  expect(new Set(await statuses())).toEqual(new Set(['held']));
});

it('a value goes with its rows, its rows in quarantine and the messages that hold it, and nobody else’s', async () => {
  const { status, json } = await erase('--field', 'ip', '--yes', '--json', address);
  expect({ status, json }).toEqual({ status: 0, json: { erased: { entries: 0, rows: 2, quarantined: 4 } } });
  expect(await people()).toEqual(['p3']);
  expect(await desk.query('select old_token from masque.aliases')).toEqual([{ old_token: 'x' }]);
  expect(await statuses()).toEqual(['discarded', 'held', 'discarded', 'held', 'discarded', 'held', 'discarded']);
  const [left] = await desk.query(
    `select count(*)::int as left from masque.quarantine where status = 'discarded' and (body is not null or masked_row is not null)`,
  );
  expect(left).toEqual({ left: 0 });
});

it('a value of the vault goes with its entry, and its rows stay', async () => {
  const { token } = desk.token('kept', kept);
  const unmask = (): ReturnType<Desk['run']> => desk.run(['unmask', token ?? '', '--reason', 'r', '--json']);
  expect((await unmask()).json).toMatchObject({ values: [{ value: kept }] });

  const { stderr, json } = await erase('--field', 'kept', '--yes', '--json', kept);
  expect(json).toEqual({ erased: { entries: 1, rows: 0, quarantined: 0 } });
  expect(stderr).toMatch(/^1 of the vault’s entries .* 1 row will stay/);
  expect(await people()).toEqual(['p3']);
  const today = new Date().toISOString().slice(0, 10);
  expect(await unmask()).toMatchObject({
    status: 87,
    json: { fault: { code: 'token_erased', message: `the value of this token was erased on ${today}` } },
  });
  const [line] = await desk.query(`select ciphertext, erased_at from masque.vault where token = '${token}'`);
  expect(line).toEqual({ ciphertext: null, erased_at: expect.any(Date) });

  // New data of the person is loaded, and opens nothing: its token is the old one.
  await desk.load([{ id: 'p5', kept }]);
  expect((await unmask()).status).toBe(87);
  // Nor does it help to erase what is erased.
  expect((await erase('--field', 'kept', '--yes', '--json', kept)).json).toMatchObject({ erased: { entries: 0 } });

  const undone = await erase('--field', 'kept', '--undo', '--json', kept);
  expect(undone.json).toEqual({ restored: 1 });
  expect((await unmask()).json).toMatchObject({ values: [{ value: kept }] });
});

it('a value that the vault does not know yet leaves a tombstone, which the first batch with it meets', async () => {
  const early = 'SENTINEL-early';
  expect((await erase('--field', 'kept', '--yes', '--json', early)).json).toMatchObject({ erased: { entries: 0 } });
  await desk.load([{ id: 'p6', kept: early }]);
  const { token } = desk.token('kept', early);
  expect((await desk.run(['unmask', token ?? '', '--reason', 'r'])).status).toBe(87);
});

it.each([
  ['network', [], 'erase_not_of_one'],
  ['note', [], 'erase_not_of_one'],
  ['ip', ['--undo'], 'erase_final'],
])('what cannot be erased, or be undone, is said: %s %s', async (field, flags, code) => {
  const { status, json } = await erase('--field', field, ...flags, '--yes', '--json', address);
  expect({ status, json }).toMatchObject({ status: 78, json: { fault: { code } } });
});

it('is on record with its reason and without the value, and so is its being undone', async () => {
  const { json } = await desk.run(['audit', 'verify', '--json']);
  expect(json).toMatchObject({ whole: true });
  const log = await readFile(`${desk.keysDir}/custodian/audit.jsonl`, 'utf8');
  const entries = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const erased = entries.filter(({ verb }) => String(verb).startsWith('erase'));
  expect(erased.map(({ verb, fields, count, reason }) => ({ verb, fields, count, reason }))).toEqual(
    [
      // The first of them was not confirmed.
      ['erase_search', 'ip', 6],
      ['erase_search', 'ip', 6],
      ['erase', 'ip', 6],
      ['erase_search', 'kept', 1],
      ['erase', 'kept', 1],
      ['erase_search', 'kept', 0],
      ['erase', 'kept', 0],
      ['erase_undo', 'kept', 1],
      ['erase_search', 'kept', 0],
      ['erase', 'kept', 0],
    ].map(([verb, field, count]) => ({ verb, fields: [field], count, reason: 'request 7' })),
  );
  for (const value of [address, kept]) expect(log).not.toContain(value);
});
