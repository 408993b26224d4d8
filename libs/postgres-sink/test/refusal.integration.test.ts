import { randomUUID } from 'node:crypto';
import type { Fault } from '@masque/fault';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { migrate, type PostgresSink, type SinkBatch } from '../src/index.ts';
import { aBatch, migratedDatabase, type Note, notes, ownDatabase, type OwnDatabase, packed } from './own-database.ts';

/** Refuses words over five characters, ids over the integer range, and `odd` ones of 13. */
async function strictNotes(): Promise<OwnDatabase & { readonly strict: PostgresSink }> {
  const database = await ownDatabase();
  await database.sql(
    'create table notes (id integer constraint not_thirteen check (id <> 13), words varchar(5) not null)',
  );
  await migrate({ databaseUrl: database.url, target: notes });
  return { ...database, strict: database.sink(notes) };
}

const quarantineSql =
  'select message_id, reason, fields, sqlstate, masked_row, body from masque.quarantine order by id';

describe.each([
  ['in cells', (batch: SinkBatch) => batch],
  ['packed', packed],
])('a row that PostgreSQL refuses is put aside, and the rest loads: texts %s', (_, inForm) => {
  test.each<[string, Note, string, string[], object]>([
    ['too long for its column', { id: 1, words: 'sixsix' }, '22001', [], { id: 1, words: 'sixsix' }],
    ['a check constraint', { id: 13, words: 'x' }, '23514', [], { id: 13, words: 'x' }],
    ['null where none may be', { id: 1, words: null }, '23502', ['words'], { id: 1, words: null }],
    ['a number beyond the column', { id: 2 ** 31, words: 'x' }, '22003', [], { id: 2 ** 31, words: 'x' }],
    ['a number that is none', { id: 'seven', words: 'x' }, '22P02', [], { id: 'seven', words: 'x' }],
    ['U+0000', { id: 1, words: 'a\0b' }, '22021', [], { id: 1, words: 'a\uFFFDb' }],
  ])('%s', async (__, bad, sqlstate, fields, row) => {
    const database = await strictNotes();
    const batch = inForm(aBatch([{ words: 'a' }, { reason: 'not_json' }, bad, { words: 'b' }, { words: 'c' }]));
    expect(await database.strict.load(batch)).toEqual({
      rows: 3,
      rejects: { not_json: 1 },
      refused: { [sqlstate]: 1 },
      duplicates: 0,
    });
    expect(await database.sql('select words from notes order by 1')).toEqual([
      { words: 'a' },
      { words: 'b' },
      { words: 'c' },
    ]);
    expect(await database.sql(quarantineSql)).toEqual([
      expect.objectContaining({ message_id: batch.messageIds[1], reason: 'not_json' }),
      {
        message_id: batch.messageIds[2],
        reason: 'refused_by_database',
        fields,
        sqlstate,
        masked_row: row,
        body: null,
      },
    ]);
    expect(await database.strict.load(batch)).toMatchObject({ rows: 0, refused: {}, duplicates: 5 });
    expect(await database.sql('select from masque.quarantine')).toHaveLength(2);
  });

  test('whichever and however many they are', async () => {
    const database = await strictNotes();
    const flags = fc.array(fc.constantFrom('row', 'refused', 'reject'), { minLength: 1, maxLength: 24 });
    await fc.assert(
      fc.asyncProperty(flags, async (each) => {
        const batch = aBatch(
          each.map((kind) =>
            kind === 'reject' ? { reason: 'not_json' } : { words: kind === 'row' ? 'good' : 'refused' },
          ),
        );
        const count = (wanted: string): number => each.filter((kind) => kind === wanted).length;
        expect(await database.strict.load(inForm(batch))).toEqual({
          rows: count('row'),
          rejects: count('reject') === 0 ? {} : { not_json: count('reject') },
          refused: count('refused') === 0 ? {} : { 22001: count('refused') },
          duplicates: 0,
        });
        const places = await database.sql(
          `with gone as (delete from notes returning id) select 'row' as kind, id from gone`,
        );
        expect(places.map(({ id }) => each[Number(id)])).toEqual(places.map(() => 'row'));
      }),
      { numRuns: 30, examples: [[Array.from({ length: 24 }, () => 'refused')]] },
    );
  });

  test('by an owner’s trigger, an index, a view', async () => {
    const database = await migratedDatabase(notes);
    const sink = database.sink(notes);
    await database.sql(`create function no_threes() returns trigger language plpgsql as
      $$ begin if new.id = 3 then raise exception 'no %', new.words using table = new.words; end if; return new; end $$`);
    await database.sql('create trigger no_threes before insert on notes for each row execute function no_threes()');
    await database.sql('create index on notes (words)');
    const incompressible = Array.from({ length: 200 }, () => randomUUID()).join('');
    expect(await sink.load(aBatch([{ id: 3, words: 'x' }, {}, { words: incompressible }]))).toMatchObject({
      rows: 1,
      refused: { P0001: 1, 54000: 1 },
    });
    await database.sql('create view small as select * from notes where id < 5 with check option');
    const small = database.sink({ ...notes, table: 'small' });
    expect(await small.load(aBatch([{ id: 4 }, { id: 5 }]))).toMatchObject({ rows: 1, refused: { 44000: 1 } });
  });
});

test('an owner’s unique key makes the second of two equal rows the refused one', async () => {
  const database = await migratedDatabase(notes);
  await database.sql('create unique index on notes (id)');
  expect(await database.sink(notes).load(aBatch([{ id: 1 }, { id: 1 }, { id: 2 }]))).toMatchObject({
    rows: 2,
    refused: { 23505: 1 },
  });
});

test('finding it costs no new connection', async () => {
  const database = await strictNotes();
  const sink = database.sink(notes, { connections: 1, name: 'bisecting' });
  await sink.load(aBatch([{ words: 'x' }]));
  const backend = `select pid from pg_stat_activity where datname = $1 and application_name = 'bisecting'`;
  const before = await database.sql(backend, [database.name]);
  expect(before).toHaveLength(1);
  await sink.load(aBatch([{ words: 'x' }, { words: 'refused' }, { words: 'y' }]));
  expect(await database.sql(backend, [database.name])).toEqual(before);
});

test('what is no row’s fault is put aside for nobody: a column that is gone, a right that is taken', async () => {
  const database = await migratedDatabase(notes);
  const sink = database.sink(notes);
  await sink.load(aBatch([{}]));
  await database.sql('alter table notes rename column words to phrases');
  await expect(sink.load(aBatch([{}]))).rejects.toMatchObject({ code: 'postgres_failed', heals: false });
  await database.sql('drop table notes');
  await expect(sink.load(aBatch([{}]))).rejects.toMatchObject({ code: 'table_missing', heals: false });
  expect(await database.sql('select from masque.quarantine')).toEqual([]);
  expect(await database.sql('select from masque.ledger')).toHaveLength(1);
});

describe('a column that its owner adds and the pipeline does not feed', () => {
  test.each([
    ['not null', 'alter table notes add extra text not null'],
    ['of a domain that is not null', 'create domain filled as text not null; alter table notes add extra filled'],
  ])('%s: the table is at fault, no row is put aside, and all loads once it is mended', async (_, alter) => {
    const database = await migratedDatabase(notes);
    const sink = database.sink(notes);
    await database.sql(alter);
    const batch = aBatch([{ words: 'a' }, { reason: 'not_json' }, { words: 'b' }]);
    const refused = await sink.load(batch).catch((error: unknown) => error as Fault);
    expect(refused).toMatchObject({ code: 'column_unfed', heals: false });
    expect((refused as Fault).message).toContain('extra');
    expect(await database.sql('select from masque.ledger')).toEqual([]);
    expect(await database.sql('select from masque.quarantine')).toEqual([]);
    await database.sql('alter table notes drop extra');
    expect(await sink.load(batch)).toMatchObject({ rows: 2, rejects: { not_json: 1 }, refused: {} });
  });

  test('of another table, which a trigger writes to, is the row’s own fault', async () => {
    const database = await migratedDatabase(notes);
    await database.sql('create table journal (entry text not null)');
    await database.sql(`create function note_down() returns trigger language plpgsql as
      $$ begin insert into journal values (nullif(new.words, 'unheard')); return new; end $$`);
    await database.sql('create trigger note_down before insert on notes for each row execute function note_down()');
    expect(await database.sink(notes).load(aBatch([{ words: 'a' }, { words: 'unheard' }]))).toMatchObject({
      rows: 1,
      refused: { 23502: 1 },
    });
  });
});

test('no fault repeats a value, in message, JSON, cause or stack', async () => {
  const secret = 'SENTINEL';
  const database = await migratedDatabase(notes);
  const sink = database.sink(notes);
  // Refused for what the row holds, in a place where no quarantine can take it.
  await database.sql(`alter table notes add check (words <> '${secret}')`);
  await database.sql(`alter table masque.quarantine add check (masked_row::text not like '%${secret}%')`);
  // And by a trigger that talks, in a class that is no row's.
  await database.sql(`create function tell() returns trigger language plpgsql as
    $$ begin raise exception using message = new.words, detail = new.words, hint = new.words, errcode = '42501',
       table = new.words, column = new.words, constraint = new.words, schema = new.words; end $$`);
  for (const provoke of ['select', 'create trigger tell before insert on notes for each row execute function tell()']) {
    await database.sql(provoke);
    const fault: Fault = await sink.load(aBatch([{ words: secret, messageId: randomUUID() }])).then(
      () => expect.fail('it was loaded'),
      (thrown: Fault) => thrown,
    );
    expect(fault.name).toBe('Fault');
    expect(`${fault.toLine()} ${JSON.stringify(fault)} ${String(fault.cause)} ${fault.stack}`).not.toContain(secret);
    expect(
      JSON.stringify(Object.getOwnPropertyNames(fault).map((name) => String(fault[name as keyof Fault]))),
    ).not.toContain(secret);
  }
});
