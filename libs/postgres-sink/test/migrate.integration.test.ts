import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { migrate, type Target } from '../src/index.ts';
import { aBatch, challengeTable, logins, notes, ownDatabase } from './own-database.ts';

const files = readdirSync(new URL('../migrations/', import.meta.url)).sort();

const columnsSql = `select attname, format_type(atttypid, atttypmod), attnum, attnotnull, atthasdef
  from pg_attribute where attrelid = to_regclass($1) and attnum > 0 order by attnum`;

test('a fresh database gets Masque’s schema and the table, and a second run finds nothing to do', async () => {
  const { url, sql } = await ownDatabase();
  expect(files.length).toBeGreaterThan(0);
  expect(await migrate({ databaseUrl: url, target: logins })).toEqual({
    applied: files,
    createdTable: true,
    widened: [],
  });
  const relations = await sql(
    `select relname from pg_class where relnamespace = 'masque'::regnamespace and relkind in ('r', 'p') order by 1`,
  );
  const own = ['aliases', 'keys', 'ledger', 'migrations', 'quarantine', 'vault'];
  expect(relations.map(({ relname }) => relname)).toEqual(own);
  const columns = await sql(columnsSql, ['user_logins']);
  expect(columns.map(({ attname, format_type: type }) => `${String(attname)} ${String(type)}`)).toEqual([
    'user_id character varying(128)',
    'device_type character varying(32)',
    'masked_ip text',
    'masked_device_id text',
    'locale character varying(32)',
    'app_version integer',
    'create_date date',
  ]);
  expect(await migrate({ databaseUrl: url, target: logins })).toEqual({
    applied: [],
    createdTable: false,
    widened: [],
  });
});

test('migrators at once: one does the work, the others find it done', async () => {
  const { url, sql } = await ownDatabase();
  const reports = await Promise.all(Array.from({ length: 4 }, () => migrate({ databaseUrl: url, target: logins })));
  expect(reports.map(({ applied }) => applied.length).sort((a, b) => a - b)).toEqual([0, 0, 0, files.length]);
  expect(reports.filter(({ createdTable }) => createdTable)).toHaveLength(1);
  const recorded = await sql('select file from masque.migrations order by version');
  expect(recorded.map(({ file }) => file)).toEqual(files);
});

test('so they do where the database’s own default is a stricter isolation', async () => {
  const { url, sql, name } = await ownDatabase();
  await sql(`alter database ${name} set default_transaction_isolation = 'serializable'`);
  const reports = await Promise.all(Array.from({ length: 3 }, () => migrate({ databaseUrl: url, target: logins })));
  expect(reports.map(({ applied }) => applied.length).sort((a, b) => a - b)).toEqual([0, 0, files.length]);
});

test('the owner’s table stays as it was made; --widen makes just the short token columns text', async () => {
  const { url, sql } = await ownDatabase();
  await sql(challengeTable);
  await sql(`insert into user_logins (user_id, masked_ip) values ('u', 'kept')`);
  const before = await sql(columnsSql, ['user_logins']);

  expect((await migrate({ databaseUrl: url, target: logins })).createdTable).toBe(false);
  expect(await sql(columnsSql, ['user_logins'])).toEqual(before);

  const { widened } = await migrate({ databaseUrl: url, target: logins, widen: true });
  expect(widened).toEqual(['masked_ip', 'masked_device_id']);
  expect(await sql(columnsSql, ['user_logins'])).toEqual(
    before.map((column) =>
      String(column['attname']).startsWith('masked_') ? Object.assign({}, column, { format_type: 'text' }) : column,
    ),
  );
  expect(await sql('select user_id, masked_ip from user_logins')).toEqual([{ user_id: 'u', masked_ip: 'kept' }]);
  expect((await migrate({ databaseUrl: url, target: logins, widen: true })).widened).toEqual([]);
});

test('a token column that is wide enough is not widened', async () => {
  const { url, sql } = await ownDatabase();
  await sql('create table user_logins (masked_ip varchar(524), masked_device_id varchar(523), user_id varchar(1))');
  expect((await migrate({ databaseUrl: url, target: logins, widen: true })).widened).toEqual(['masked_device_id']);
});

test('the table is made for everybody, not in Masque’s schema, by whatever name the user goes', async () => {
  const { url, sql } = await ownDatabase();
  // The stack's user is called masque, whose search_path begins with the schema of that name once it is there.
  expect(new URL(url).username).toBe('masque');
  await migrate({ databaseUrl: url, target: logins });
  await migrate({ databaseUrl: url, target: notes });
  expect(await sql(`select schemaname, tablename from pg_tables where tablename in ('user_logins', 'notes')`)).toEqual([
    { schemaname: 'public', tablename: 'user_logins' },
    { schemaname: 'public', tablename: 'notes' },
  ]);
});

test('a view on the column keeps it from being widened, and nothing else is done', async () => {
  const { url, sql } = await ownDatabase();
  await sql(challengeTable);
  await sql('create view recent as select masked_ip from user_logins');
  await expect(migrate({ databaseUrl: url, target: logins, widen: true })).rejects.toMatchObject({
    code: 'column_in_use',
    heals: false,
    advice: expect.stringContaining('Drop what uses it'),
  });
  expect(await sql(`select to_regclass('masque.ledger') as ledger`)).toEqual([{ ledger: null }]);
});

test('a database of a newer release is left alone', async () => {
  const { url, sql } = await ownDatabase();
  await migrate({ databaseUrl: url, target: logins });
  await sql(`insert into masque.migrations (version, file) values (9000, '9000-to-come.sql')`);
  await expect(migrate({ databaseUrl: url, target: notes })).rejects.toMatchObject({
    code: 'database_newer',
    heals: false,
    message: expect.stringContaining('9000'),
  });
  expect(await sql(`select to_regclass('notes') as notes`)).toEqual([{ notes: null }]);
});

test('names are data: quotes, spaces and other alphabets, in a schema that is not there yet', async () => {
  const hostile: Target = {
    name: 'hostile',
    table: 'Gäste "buch".lo"gins; drop table x --',
    columns: [
      { name: 'id', type: 'integer' },
      { name: 'wörds "and" more\'', type: 'text', tokenLength: 9 },
    ],
  };
  const database = await ownDatabase();
  await migrate({ databaseUrl: database.url, target: hostile });
  const sink = database.sink(hostile);
  await sink.check();
  const { id, words } = aBatch([{ words: 'x' }]).columns;
  const batch = { ...aBatch([{}]), columns: { id: id ?? [], 'wörds "and" more\'': words ?? [] } };
  expect(await sink.load(batch)).toMatchObject({ rows: 1 });
  expect(await database.sql(`table "Gäste ""buch""" . "lo""gins; drop table x --"`)).toEqual([
    { id: 0, 'wörds "and" more\'': 'x' },
  ]);
});
