import { randomUUID } from 'node:crypto';
import { Fault } from '@masque/fault';
import { expect, test } from 'vitest';
import { loadBatchSql } from '../src/sql/load-batch.ts';
import { aBatch, dayMs, migratedDatabase, noon, notes, ownDatabase, type OwnDatabase } from './own-database.ts';
import { migrate } from '../src/index.ts';
import { createPool } from '../src/pool.ts';

/** Holds up every insert into `notes` until told, and says when so many have come. */
async function heldUp(
  database: OwnDatabase,
): Promise<{ arrived(count?: number): Promise<number>; release(): Promise<unknown> }> {
  const holder = await database.session();
  await holder.query('begin');
  await holder.query('lock table notes in share mode');
  return {
    async arrived(count = 1) {
      // PostgreSQL announces a wait nowhere.
      for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
        const found = await database.sql<{ readonly pid: number }>(
          `select pid from pg_locks where relation = 'notes'::regclass and not granted`,
        );
        const [first] = found;
        if (first !== undefined && found.length >= count) return first.pid;
      }
      throw new Error('no insert came');
    },
    release: () => holder.query('commit'),
  };
}

const places = ({ sql }: OwnDatabase) =>
  sql(`select (select count(*) from notes)::int as rows, (select count(*) from masque.ledger)::int as ledger,
              (select count(*) from masque.quarantine)::int as quarantine`);

test('a connection killed in mid-load leaves nothing half done, heals, and the next try loads it all', async () => {
  const database = await migratedDatabase(notes);
  const sink = database.sink(notes);
  const batch = aBatch([{}, { reason: 'not_json' }, {}]);
  const table = await heldUp(database);
  const load = sink.load(batch).catch((fault: unknown) => fault);
  await database.sql('select pg_terminate_backend($1)', [await table.arrived()]);
  expect(await load).toMatchObject({
    name: 'Fault',
    code: expect.stringMatching(/^postgres_(busy|unreachable)$/),
    heals: true,
  });
  await table.release();
  expect(await places(database)).toEqual([{ rows: 0, ledger: 0, quarantine: 0 }]);

  expect(await sink.load(batch)).toEqual({ rows: 2, rejects: { not_json: 1 }, refused: {}, duplicates: 0 });
  expect(await places(database)).toEqual([{ rows: 2, ledger: 3, quarantine: 1 }]);
});

test('idle connections killed between two loads fail one try at most', async () => {
  const database = await migratedDatabase(notes);
  const sink = database.sink(notes, { name: 'idle-ones', connections: 4 });
  const table = await heldUp(database);
  const loads = Array.from({ length: 4 }, () => sink.load(aBatch([{}])));
  await table.arrived(4);
  await table.release();
  await Promise.all(loads);
  await database.sql(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'idle-ones'`);
  const batch = aBatch([{}]);
  const first = await sink.load(batch).catch((fault: unknown) => fault);
  expect(first instanceof Fault ? first.heals : true).toBe(true);
  await sink.load(batch);
  expect(await places(database)).toEqual([{ rows: 5, ledger: 5, quarantine: 0 }]);
});

test('a statement beyond its time is given up by the server, and heals', async () => {
  const database = await migratedDatabase(notes);
  const sink = database.sink(notes, { statementTimeoutMs: 200 });
  const batch = aBatch([{}]);
  const table = await heldUp(database);
  await expect(sink.load(batch)).rejects.toMatchObject({
    code: 'postgres_busy',
    heals: true,
    details: { sqlstate: '57014' },
  });
  await table.release();
  expect(await sink.load(batch)).toMatchObject({ rows: 1 });
});

test('a database that turns read-only heals when it turns back', async () => {
  const database = await migratedDatabase(notes);
  const sink = database.sink(notes);
  await database.sql(`alter database ${database.name} set default_transaction_read_only = on`);
  await expect(sink.load(aBatch([{}]))).rejects.toMatchObject({ code: 'postgres_read_only', heals: true });
  await database.sql(`alter database ${database.name} reset default_transaction_read_only`);
  expect(await sink.load(aBatch([{}]))).toMatchObject({ rows: 1 });
});

test('a statement that fails leaves nothing: neither ledger nor rejects without the rows', async () => {
  const database = await migratedDatabase(notes);
  await database.sql(`create function fail() returns trigger language plpgsql as
    $$ begin raise exception using errcode = '53100'; end $$`);
  await database.sql(
    'create trigger fail after insert on notes for each row when (new.id = 2) execute function fail()',
  );
  await expect(database.sink(notes).load(aBatch([{}, { reason: 'not_json' }, {}]))).rejects.toMatchObject({
    code: 'postgres_busy',
  });
  expect(await places(database)).toEqual([{ rows: 0, ledger: 0, quarantine: 0 }]);
});

test.each(['drop table masque.ledger_20250115', 'alter table masque.ledger detach partition masque.ledger_20250115'])(
  'a partition taken from under the loader is made again: %s',
  async (take) => {
    const database = await migratedDatabase(notes);
    const sink = database.sink(notes);
    const batch = aBatch([{}, { reason: 'not_json' }]);
    await sink.load(batch);
    await database.sql(take);
    expect(await sink.load(aBatch([{}, { sentAt: noon + dayMs }, { reason: 'not_json' }]))).toMatchObject({ rows: 2 });
    // What a detached partition knew still counts.
    expect(await sink.load(batch)).toMatchObject({ duplicates: take.startsWith('drop') ? 0 : 2 });
  },
);

test('a partition that goes while a refused row is put aside is made again', async () => {
  const database = await ownDatabase();
  await database.sql('create table notes (id integer, words varchar(5))');
  await migrate({ databaseUrl: database.url, target: notes });
  // The day is known to the loader from before.
  const sink = database.sink(notes);
  await sink.load(aBatch([{}]));
  await database.sql('drop table masque.ledger_20250115');
  expect(await sink.load(aBatch([{ words: 'sixsix' }]))).toMatchObject({ refused: { 22001: 1 } });
});

test('partitions that go as soon as they are made are nobody’s row’s fault', async () => {
  const database = await migratedDatabase(notes);
  await database.sql(
    'create or replace function masque.ensure_ledger_day(day date) returns void language sql as $$ $$',
  );
  await expect(database.sink(notes).load(aBatch([{}, {}]))).rejects.toMatchObject({
    code: 'ledger_day_missing',
    heals: true,
  });
  expect(await places(database)).toEqual([{ rows: 0, ledger: 0, quarantine: 0 }]);
});

test('loads are durable and READ COMMITTED, whatever the defaults of role and database', async () => {
  const database = await migratedDatabase(notes);
  await database.sql('create table seen (durability text, isolation text)');
  await database.sql(`create function look() returns trigger language plpgsql as $$ begin
    insert into seen values (current_setting('synchronous_commit'), current_setting('transaction_isolation'));
    return new; end $$`);
  // Deferred, so that it looks when the transaction commits.
  for (const table of ['notes', 'masque.quarantine']) {
    await database.sql(`create constraint trigger look after insert on ${table} deferrable initially deferred
      for each row execute function look()`);
  }
  await database.sql('alter table notes add check (id < 9)');
  await database.sql(`alter database ${database.name} set synchronous_commit = off`);
  await database.sql(`alter database ${database.name} set default_transaction_isolation = 'serializable'`);
  const { url, role } = await database.createRole();
  await database.sql(`alter role ${role} set synchronous_commit = off`);
  await database.sql(`grant all on schema masque to ${role}`);
  await database.sql(`grant all on all tables in schema masque, public to ${role}`);
  await database.sql(`grant execute on all functions in schema masque to ${role}`);
  const sink = database.sink(notes, { databaseUrl: url });
  await sink.load(aBatch([{}, { reason: 'not_json' }, { id: 10 }]));
  const durable = { durability: 'on', isolation: 'read committed' };
  expect(await database.sql('select * from seen')).toEqual([durable, durable, durable]);
});

test('a load that finds everything done still commits something, whose flush vouches for what it found', async () => {
  const database = await migratedDatabase(notes);
  const session = await database.session();
  await session.query(`select masque.ensure_ledger_day('2025-01-15')`);
  const load = async (id: string): Promise<unknown> => {
    await session.query('begin');
    await session.query('set local synchronous_commit = off');
    await session.query(loadBatchSql(notes, false), ['notes', [id], ['2025-01-15'], [1], ['x']]);
    const { rows } = await session.query(
      `select pg_current_xact_id_if_assigned() is not null as writes, current_setting('synchronous_commit') as flush`,
    );
    await session.query('commit');
    return rows[0];
  };
  const id = randomUUID();
  expect(await load(id)).toEqual({ writes: true, flush: 'on' });
  expect(await load(id)).toEqual({ writes: true, flush: 'on' });
  expect(await database.sql('select from notes')).toHaveLength(1);
});

test('a connection that ends while a transaction asks nothing of it ends the transaction, not the process', async () => {
  const { url, sql } = await ownDatabase();
  const pool = createPool({ databaseUrl: url, name: 'test', connections: 1 });
  const outcome = pool.transaction(async (query) => {
    const [row] = await query<{ readonly pid: number }>({ text: 'select pg_backend_pid() as pid' });
    await sql('select pg_terminate_backend($1)', [row?.pid]);
    while ((await sql('select from pg_stat_activity where pid = $1', [row?.pid])).length > 0);
    // Its last words were on their way before it went; these round trips let them in.
    for (let trip = 0; trip < 10; trip += 1) await sql('select 1');
    await query({ text: 'select 1' });
  });
  await expect(outcome).rejects.toMatchObject({ heals: true });
  expect(await pool.query({ text: 'select 1 as one' })).toEqual([{ one: 1 }]);
  await pool.close();
});
