import { expect, test } from 'vitest';
import { createInspector, migrate, openQuarantine, type SinkBatch, type Target } from '../src/index.ts';
import { aBatch } from './own-database.ts';
import { ownRoles } from './own-roles.ts';

const words = `wörds "and" more'); drop table masque.ledger; --`;
const id = '$1; select \u001b[2J';
const target: Target = {
  name: `'; drop schema masque cascade; --`,
  table: `Gäste "buch".lo"gins'; drop table x --`,
  columns: [
    { name: id, type: 'integer' },
    { name: words, type: 'varchar(9)', tokenLength: 20 },
  ],
};
const table = `"Gäste ""buch"""."lo""gins'; drop table x --"`;

const renamed = (batch: SinkBatch): SinkBatch => ({
  ...batch,
  columns: { [id]: batch.columns['id'] ?? [], [words]: batch.columns['words'] ?? [] },
});

test('a definition’s names are data in every statement: roles, widening, loading, quarantine, looking', async () => {
  const { database, again, login, attempt } = await ownRoles(target);
  await expect(database.sink(target).check()).rejects.toMatchObject({ code: 'column_too_short' });
  expect(await migrate({ databaseUrl: database.url, target, widen: true })).toMatchObject({ widened: [words] });
  await again();

  const sink = database.sink(target, { databaseUrl: (await login('loader')).url });
  await sink.check();
  await sink.registerKeys([{ kid: `k'"; --`, method: 'rsa', fingerprint: `f'"` }]);
  const value = `x'"\\`;
  expect(await sink.load(renamed(aBatch([{ words: value }, { id: 2 ** 40 }, { reason: 'not_json' }])))).toMatchObject({
    rows: 1,
    rejects: { not_json: 1 },
    refused: { 22003: 1 },
  });
  expect(await attempt('loader', `table ${table}`)).toBe('42501');

  const custodian = (await login('custodian')).url;
  await database.sql(`alter table ${table} alter column "${id}" type bigint`);
  const columns = target.columns.map((column) => (column.name === id ? { ...column, type: 'bigint' } : column));
  const quarantine = openQuarantine({ databaseUrl: custodian, target: { ...target, columns } });
  const refused = (await quarantine.list({})).find(({ holds }) => holds === 'row');
  expect(await quarantine.insertRow(refused?.id ?? '')).toBe(true);
  await quarantine.close();

  const inspector = createInspector({ databaseUrl: custodian, target });
  expect(await inspector.rows()).toBe(2);
  expect(await inspector.distinct(words)).toEqual({ values: 1, distinct: 1 });
  expect(await inspector.mostRepeated(words)).toEqual({ value, count: 1 });
  expect(await inspector.sample(1)).toMatchObject([{ [words]: value }]);
  await inspector.close();
  // Nothing that the names say has happened.
  expect(await database.sql('select count(*)::int as entries from masque.ledger')).toEqual([{ entries: 3 }]);
});
