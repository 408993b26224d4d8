import { expect, test } from 'vitest';
import { aBatch, dayMs, migratedDatabase, noon, notes } from './own-database.ts';

/** The grants of src/sql/missing-privileges.ts, word for word, with the target's own columns. */
const grants = (role: string): string[] => [
  `grant usage on schema masque to ${role}`,
  `grant insert (id, words) on notes to ${role}`,
  `grant insert (message_id, sent_day, pipeline), select (message_id) on masque.ledger to ${role}`,
  `grant insert (pipeline, message_id, sent_at, received_at, reason, fields, body, sqlstate, masked_row),
         select (reason) on masque.quarantine to ${role}`,
  `grant insert (pipeline, kid, method, fingerprint), select (pipeline, kid, method, fingerprint) on masque.keys to ${role}`,
  `grant select (version) on masque.migrations to ${role}`,
  `grant execute on function masque.ensure_ledger_day to ${role}`,
];

test('the documented grants are enough for everything a loader does', async () => {
  const database = await migratedDatabase(notes);
  const { role, url } = await database.createRole();
  for (const grant of grants(role)) await database.sql(grant);
  const sink = database.sink(notes, { databaseUrl: url });
  await sink.check();
  await sink.registerKeys([{ kid: 'abcdef', method: 'rsa', fingerprint: 'f' }]);
  const batch = aBatch([{}, { reason: 'not_json', sentAt: noon + dayMs }, { id: 2 ** 40 }]);
  expect(await sink.load(batch)).toEqual({
    rows: 1,
    rejects: { not_json: 1 },
    refused: { 22003: 1 },
    duplicates: 0,
  });
  expect(await sink.load(batch)).toMatchObject({ duplicates: 3 });
});

test('and each is needed: without it the check says so', async () => {
  const database = await migratedDatabase(notes);
  const { role, url } = await database.createRole();
  const all = grants(role);
  for (const left of all) {
    await database.sql(`drop owned by ${role}`);
    for (const grant of all) if (grant !== left) await database.sql(grant);
    await expect(database.sink(notes, { databaseUrl: url }).check()).rejects.toMatchObject({
      code: 'privilege_missing',
      heals: false,
    });
  }
});

test('they let nobody read rows, bodies or masked rows, nor make tables', async () => {
  const database = await migratedDatabase(notes);
  const { role } = await database.createRole();
  for (const grant of grants(role)) await database.sql(grant);
  const session = await database.session();
  await session.query(`set role ${role}`);
  for (const attempt of [
    'select * from notes',
    'delete from notes',
    'select body from masque.quarantine',
    'select masked_row from masque.quarantine',
    'update masque.quarantine set reason = reason',
    'delete from masque.ledger',
    'update masque.keys set fingerprint = fingerprint',
    'create table masque.mine ()',
    'insert into masque.migrations (version, file) values (9, $$x$$)',
  ]) {
    const outcome = await session.query(attempt).catch((error: unknown) => (error as { readonly code: string }).code);
    expect([attempt, outcome]).toEqual([attempt, '42501']);
  }
});

test('a user of no grants may not even make a day’s partition', async () => {
  const database = await migratedDatabase(notes);
  const { role } = await database.createRole();
  await database.sql(`grant usage on schema masque to ${role}`);
  const session = await database.session();
  await session.query(`set role ${role}`);
  await expect(session.query(`select masque.ensure_ledger_day('2025-01-15')`)).rejects.toMatchObject({ code: '42501' });
});
