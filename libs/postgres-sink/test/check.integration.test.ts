import type { Fault } from '@masque/fault';
import { describe, expect, test } from 'vitest';
import { migrate } from '../src/index.ts';
import { challengeTable, logins, migratedDatabase, notes, ownDatabase } from './own-database.ts';

const checked = async (sink: { check(): Promise<void> }): Promise<Fault> =>
  sink.check().then(
    () => expect.fail('the check passed'),
    (fault: Fault) => fault,
  );

test('a migrated database passes', async () => {
  const database = await migratedDatabase();
  await expect(database.sink(logins).check()).resolves.toBeUndefined();
});

test('an owner’s wider types, domains and defaults pass', async () => {
  const database = await migratedDatabase(logins);
  await database.sql(`create domain phrase as varchar(2000)`);
  await database.sql(`create table notes (id bigint, words text, noted_at timestamptz not null default now(),
    serial bigint generated always as identity, twice bigint generated always as (id * 2) stored)`);
  await expect(database.sink(notes).check()).resolves.toBeUndefined();
  const phrased = { ...notes, columns: [{ name: 'words', type: 'varchar(2000)' }] };
  await database.sql('alter table notes alter column words type phrase');
  await expect(database.sink(phrased).check()).resolves.toBeUndefined();
});

test('not migrated', async () => {
  const database = await ownDatabase();
  await database.sql(challengeTable);
  expect(await checked(database.sink(logins))).toMatchObject({
    code: 'not_migrated',
    heals: false,
    advice: expect.stringContaining('masque migrate'),
  });
  await database.sql('create schema masque');
  expect(await checked(database.sink(logins))).toMatchObject({ code: 'not_migrated' });
});

test('migrated by an older release', async () => {
  const database = await migratedDatabase();
  await database.sql('delete from masque.migrations');
  expect(await checked(database.sink(logins))).toMatchObject({
    code: 'not_migrated',
    message: expect.stringContaining('older release'),
  });
});

test.each([notes, { ...notes, table: 'elsewhere.notes' }])('no table $table', async (target) => {
  const database = await migratedDatabase(logins);
  expect(await checked(database.sink(target))).toMatchObject({
    code: 'table_missing',
    heals: false,
    message: expect.stringContaining(target.table),
    advice: expect.stringContaining('masque migrate'),
  });
});

test('what bears the table’s name and is none', async () => {
  const database = await migratedDatabase(logins);
  await database.sql('create sequence notes');
  expect(await checked(database.sink(notes))).toMatchObject({ code: 'table_missing' });
});

test('the challenge’s columns are too short for tokens: names, widths, lengths and the ways out', async () => {
  const database = await ownDatabase();
  await database.sql(challengeTable);
  await migrate({ databaseUrl: database.url, target: logins });
  const fault = await checked(database.sink(logins));
  expect(fault).toMatchObject({ code: 'column_too_short', heals: false });
  expect(fault.message).toContain('column masked_ip is character varying(256), but its tokens have up to 524');
  expect(fault.message).toContain('column masked_device_id is character varying(256)');
  expect(fault.advice).toContain('masque migrate --widen');
  expect(fault.advice).toContain('Masque never cuts');

  await migrate({ databaseUrl: database.url, target: logins, widen: true });
  await expect(database.sink(logins).check()).resolves.toBeUndefined();
});

test.each([
  ['column_missing', 'id integer', 'column words is missing', 'add the column'],
  ['column_type_differs', 'id integer, words bytea', 'column words is bytea, but the pipeline gives text', 'type'],
  ['column_too_short', 'id integer, words varchar(9)', 'column words is character varying(9), but its', 'Ways out'],
  ['column_unfed', 'id integer, words text, born date not null', 'column born must have a value', 'Feed the column'],
  ['column_type_differs', 'id integer generated always as identity, words text', 'column id is generated', 'type'],
])('%s: (%s)', async (code, columns, message, advice) => {
  const database = await migratedDatabase(logins);
  await database.sql(`create table notes (${columns})`);
  const fault = await checked(database.sink(notes));
  expect(fault).toMatchObject({ code, heals: false, setting: 'DATABASE_URL' });
  expect(fault.message).toContain(message);
  expect(fault.advice).toContain(advice);
});

test('a table that a crash would empty', async () => {
  const database = await migratedDatabase(logins);
  await database.sql('create unlogged table notes (id integer, words text)');
  expect(await checked(database.sink(notes))).toMatchObject({ code: 'table_unlogged', heals: false });
});

test('a database set read-only heals, as a standby that is promoted does', async () => {
  const database = await migratedDatabase();
  await database.sql(`alter database ${database.name} set default_transaction_read_only = on`);
  expect(await checked(database.sink(logins))).toMatchObject({
    code: 'postgres_read_only',
    heals: true,
    advice: expect.stringContaining('primary'),
  });
});

describe('privileges', () => {
  test('none: each that is needed is named', async () => {
    const database = await migratedDatabase(notes);
    const { url } = await database.createRole();
    const fault = await checked(database.sink(notes, { databaseUrl: url }));
    expect(fault).toMatchObject({ code: 'privilege_missing', heals: false });
    expect(
      fault.message
        .split('\n  - ')
        .slice(1)
        .map((line) => line.trim())
        .sort(),
    ).toEqual([
      'EXECUTE on function masque.ensure_ledger_day',
      'EXECUTE on function masque.note_key_use',
      'EXECUTE on function masque.retire_ledger_day',
      'INSERT (id, words) on notes',
      'INSERT (kid, method, fingerprint, pipeline) on masque.keys',
      'INSERT (message_id, sent_day, pipeline) on masque.ledger',
      'INSERT (pipeline, message_id, sent_at, received_at, reason, fields, sqlstate, body, masked_row) on masque.quarantine',
      'SELECT (kid, method, fingerprint, pipeline, retired_at) on masque.keys',
      'SELECT (message_id) on masque.ledger',
      'SELECT (reason) on masque.quarantine',
      'SELECT (version) on masque.migrations',
      'USAGE on schema masque',
    ]);
  });

  test('one column of one table', async () => {
    const database = await migratedDatabase(notes);
    const { role, url } = await database.createRole();
    await database.sql(`grant usage on schema masque to ${role}`);
    await database.sql(`grant insert, select on all tables in schema masque to ${role}`);
    await database.sql(`grant execute on all functions in schema masque to ${role}`);
    await database.sql(`grant insert (id) on notes to ${role}`);
    const sink = database.sink(notes, { databaseUrl: url });
    expect((await checked(sink)).message).toBe('this database user lacks\n  - INSERT (words) on notes\n');
    await database.sql(`grant insert (words) on notes to ${role}`);
    await expect(sink.check()).resolves.toBeUndefined();
  });

  test('the schema of the target', async () => {
    const target = { ...notes, table: 'Own Schema.notes' };
    const database = await migratedDatabase(target);
    const { role, url } = await database.createRole();
    await database.sql(`grant usage on schema masque to ${role}`);
    await database.sql(`grant insert, select on all tables in schema masque to ${role}`);
    await database.sql(`grant execute on all functions in schema masque to ${role}`);
    await database.sql(`grant insert on all tables in schema "Own Schema" to ${role}`);
    const fault = await checked(database.sink(target, { databaseUrl: url }));
    expect(fault.message).toBe('this database user lacks\n  - USAGE on schema "Own Schema"\n');
  });
});
