import { expect, it, onTestFinished } from 'vitest';
import { openRekeying, type Rekeying } from '../src/index.ts';
import { migratedDatabase, type OwnDatabase } from './own-database.ts';

const key = (kid: string) => ({ kid, method: 'siv', fingerprint: kid.padEnd(16, '0') });
const target = {
  name: 'people',
  table: 'people',
  columns: [
    { name: 'id', type: 'integer' },
    { name: 'masked "ip"', type: 'text', tokenLength: 60 },
    { name: 'name', type: 'text', tokenLength: 60 },
  ],
};

function open(database: OwnDatabase, to = 'newkey'): Rekeying {
  const rekeying = openRekeying({
    databaseUrl: database.url,
    target,
    columns: ['masked "ip"', 'name'],
    from: key('oldkey'),
    to: key(to),
    prefix: 'siv1.oldkey.',
  });
  onTestFinished(() => rekeying.close());
  return rekeying;
}

const renamed = (old: string, to = 'newkey') => ({ old, new: old.replace('oldkey', to) });

async function aliasAll(rekeying: Rekeying, to?: string): Promise<string[]> {
  const seen: string[] = [];
  for await (const { tokens } of rekeying.unaliased()) {
    seen.push(...tokens);
    await rekeying.addAliases(tokens.map((token) => renamed(token, to)));
  }
  return seen.toSorted();
}

async function rewriteAll(rekeying: Rekeying): Promise<number> {
  let sum = 0;
  for await (const { rows } of rekeying.rewrite()) sum += rows;
  return sum;
}

it('finds each old token once and rewrites rows in the partitions that hold them, once each', async () => {
  const database = await migratedDatabase({ ...target, table: 'other' });
  await database.sql(`create table people (id int, "masked ""ip""" text, name varchar(80)) partition by range (id)`);
  await database.sql('create table people_low partition of people for values from (0) to (3000)');
  await database.sql('create table people_high partition of people for values from (3000) to (9000)');
  await database.sql(
    `insert into people select at, 'siv1.oldkey.' || at % 5 || repeat('x', 900), case when at % 2 = 0 then 'siv1.oldkey.n' end
     from generate_series(0, 5999) as at`,
  );
  await database.sql(`insert into people values (1, 'siv1.newkey.old', 'siv1.another.n'), (2, null, 'plain')`);
  const rekeying = open(database);
  expect(await rekeying.oldTokens()).toEqual({
    'masked "ip"': { values: 6000, distinct: 5 },
    name: { values: 3000, distinct: 1 },
  });
  expect(await aliasAll(rekeying)).toHaveLength(6);
  expect(await aliasAll(rekeying)).toEqual([]);
  await rekeying.requireOneToOne();
  const before = await rekeying.distinct();
  expect(await rewriteAll(rekeying)).toBe(6000);
  expect(await rewriteAll(rekeying)).toBe(0);
  expect(await rekeying.distinct()).toEqual(before);
  expect(before).toEqual({ 'masked "ip"': { values: 6001, distinct: 6 }, name: { values: 3002, distinct: 3 } });
  expect(
    await database.sql(`select from people where "masked ""ip""" like 'siv1.oldkey.%' or name like 'siv1.oldkey.%'`),
  ).toEqual([]);
  await rekeying.dropAliases();
  expect(await database.sql('select from masque.aliases')).toEqual([]);
});

it('knows when two tokens became one, before a row is changed', async () => {
  const database = await migratedDatabase(target);
  const rekeying = open(database);
  await rekeying.addAliases([renamed('siv1.oldkey.a'), { old: 'siv1.oldkey.b', new: 'siv1.newkey.a' }]);
  await expect(rekeying.requireOneToOne()).rejects.toMatchObject({ code: 'rekey_not_one_to_one' });
});

it('runs once at a time, with both keys recorded, and with aliases that lead to its own key', async () => {
  const database = await migratedDatabase(target);
  await database.sql(`insert into people (id, name) values (1, 'siv1.oldkey.a')`);
  const [one, other] = [open(database), open(database, 'third2')];
  await one.alone(async () => {
    await aliasAll(one);
    await expect(other.alone(() => Promise.resolve())).rejects.toMatchObject({ code: 'rekey_running', heals: true });
  });
  expect(await database.sql('select kid from masque.keys order by kid')).toEqual([
    { kid: 'newkey' },
    { kid: 'oldkey' },
  ]);
  // The first was given up, and another key was promoted.
  await other.alone(async () => {
    expect(await aliasAll(other, 'third2')).toEqual(['siv1.oldkey.a']);
    expect(await rewriteAll(other)).toBe(1);
  });
  expect(await database.sql('select name from people')).toEqual([{ name: 'siv1.third2.a' }]);
});

it('refuses columns too short for the new tokens, a key of another fingerprint, and a view', async () => {
  const database = await migratedDatabase({ ...target, table: 'other' });
  await database.sql('create table people (id int, "masked ""ip""" varchar(59), name text)');
  await expect(open(database).alone(() => Promise.resolve())).rejects.toMatchObject({ code: 'column_too_short' });
  await database.sql('alter table people alter "masked ""ip""" type text');
  await database.sql(`insert into masque.keys values ('newkey', 'siv', 'ffffffffffffffff', now(), 'people')`);
  await expect(open(database).alone(() => Promise.resolve())).rejects.toMatchObject({ code: 'key_differs' });
  await database.sql('alter table people rename to folk');
  await database.sql('create view people as select * from folk');
  await expect(aliasAll(open(database))).rejects.toMatchObject({ code: 'rekey_no_table' });
});

it('leaves a row that its owner changes meanwhile to the next pass', async () => {
  const database = await migratedDatabase(target);
  await database.sql(`insert into people (id, name) values (1, 'siv1.oldkey.a'), (2, 'siv1.oldkey.b')`);
  const rekeying = open(database);
  await aliasAll(rekeying);
  const owner = await database.session();
  await owner.query('begin');
  await owner.query('update people set id = 10 where id = 1');
  const rewriting = rewriteAll(rekeying);
  await expect
    .poll(async () =>
      database.sql(`select from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'masque-rekey'`),
    )
    .toHaveLength(1);
  await owner.query('commit');
  expect(await rewriting).toBe(2);
  expect(await database.sql('select id, name from people order by id')).toEqual([
    { id: 2, name: 'siv1.newkey.b' },
    { id: 10, name: 'siv1.newkey.a' },
  ]);
});
