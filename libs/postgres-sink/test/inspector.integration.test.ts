import { expect, onTestFinished, test } from 'vitest';
import { createInspector } from '../src/index.ts';
import { aBatch, migratedDatabase, noon, notes, type OwnDatabase } from './own-database.ts';

async function inspected(): Promise<{
  readonly database: OwnDatabase;
  readonly inspector: ReturnType<typeof createInspector>;
}> {
  const database = await migratedDatabase(notes);
  const inspector = createInspector({ databaseUrl: database.url, target: notes });
  onTestFinished(() => inspector.close());
  return { database, inspector };
}

test('of an empty table', async () => {
  const { inspector } = await inspected();
  expect(await inspector.counts()).toEqual({ settledInLedger: 0, loaded: 0, quarantined: { total: 0, reasons: {} } });
  expect(await inspector.rows()).toBe(0);
  expect(await inspector.distinct('words')).toEqual({ values: 0, distinct: 0 });
  expect(await inspector.sample(3)).toEqual([]);
  expect(await inspector.mostRepeated('words')).toBeUndefined();
});

test('counts are of this pipeline; rows are of the table, whoever put them there', async () => {
  const { database, inspector } = await inspected();
  await database
    .sink(notes)
    .load(
      aBatch([
        { words: 'a' },
        { words: 'b' },
        { words: 'b' },
        { words: null },
        { reason: 'not_json' },
        { reason: 'not_json' },
        { id: 2 ** 40 },
      ]),
    );
  await database.sink({ ...notes, name: 'another' }).load(aBatch([{ words: 'a' }, { reason: 'wrong_kind' }]));
  await database.sql(`insert into notes values (77, 'by hand')`);
  expect(await inspector.counts()).toEqual({
    settledInLedger: 7,
    loaded: 4,
    quarantined: { total: 3, reasons: { not_json: 2, refused_by_database: 1 } },
  });
  expect(await inspector.rows()).toBe(6);
  expect(await inspector.distinct('words')).toEqual({ values: 5, distinct: 3 });
  expect(await inspector.mostRepeated('words')).toEqual({ value: 'a', count: 2 });
  expect(await inspector.sample(2)).toHaveLength(2);
});

test('a date is its day, in whatever time zone this process runs', async () => {
  const { database } = await inspected();
  await database.sql('create table days (day date)');
  await database.sql('insert into days values ($1)', [new Date(noon).toISOString().slice(0, 10)]);
  const days = { name: 'days', table: 'days', columns: [{ name: 'day', type: 'date' }] };
  const inspector = createInspector({ databaseUrl: database.url, target: days });
  onTestFinished(() => inspector.close());
  expect(await inspector.sample(1)).toEqual([{ day: '2025-01-15' }]);
});
