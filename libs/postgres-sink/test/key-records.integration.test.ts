import { expect, onTestFinished, test } from 'vitest';
import { type KeyRecords, openKeyRecords, type Target } from '../src/index.ts';
import { createKeyUse } from '../src/key-use.ts';
import { createPool } from '../src/pool.ts';
import { aBatch, migratedDatabase, notes, type OwnDatabase } from './own-database.ts';

const key = { kid: 'abcdef', method: 'rsa', fingerprint: 'SHA256:one' };
const next = { ...key, kid: 'nextke', fingerprint: 'SHA256:next' };

function recordsOf({ url }: OwnDatabase, target: Target = notes): KeyRecords {
  const records = openKeyRecords({ databaseUrl: url, target });
  onTestFinished(() => records.close());
  return records;
}

test('a key that is to follow another is taken by the loader once it is recorded, not before', async () => {
  const database = await migratedDatabase(notes);
  const records = recordsOf(database);
  const sink = database.sink(notes);
  await sink.registerKeys([key]);
  await expect(sink.registerKeys([next])).rejects.toMatchObject({ code: 'key_differs' });
  await records.record([key, next]);
  await records.record([key, next]);
  await sink.registerKeys([next]);
  expect(await records.list()).toMatchObject([key, next]);
});

test('what the loader would refuse is not recorded either', async () => {
  const database = await migratedDatabase(notes);
  const records = recordsOf(database);
  await records.record([key]);
  await expect(records.record([{ ...key, fingerprint: 'SHA256:other' }])).rejects.toMatchObject({
    code: 'key_differs',
  });
  // A folder of another installation: none of its keys masked this table.
  await expect(records.record([next])).rejects.toMatchObject({ code: 'key_differs' });
  expect(await records.list()).toHaveLength(1);
});

test('rows, first and last use: told by loaders together, the last of them when they end', async () => {
  const database = await migratedDatabase(notes);
  const records = recordsOf(database);
  await records.record([key]);
  expect(await records.list()).toMatchObject([{ rows: 0, firstUsed: null, lastUsed: null, retiredAt: null }]);
  const sinks = [database.sink(notes), database.sink(notes)];
  for (const sink of sinks) {
    const batch = { ...aBatch([{}, {}, { reason: 'not_json' }]), keys: [key] };
    await sink.load(batch);
    await sink.load(batch);
  }
  await Promise.all(sinks.map((sink) => sink.close()));
  const [record] = await records.list();
  expect(record).toMatchObject({ rows: 4 });
  expect(record?.lastUsed).toBeGreaterThanOrEqual(record?.firstUsed ?? Infinity);
});

test('who began before another and tells after it moves no time the wrong way', async () => {
  const database = await migratedDatabase(notes);
  const records = recordsOf(database);
  await records.record([key]);
  const slow = await database.session();
  await slow.query('begin');
  const tell = `select masque.note_key_use('${notes.name}', '{${key.kid}}', '{1}')`;
  await database.sql(tell);
  const [before] = await records.list();
  await slow.query(tell);
  await slow.query('commit');
  const [after] = await records.list();
  expect(after).toMatchObject({ rows: 2, lastUsed: before?.lastUsed });
  expect(after?.firstUsed).toBeLessThan(before?.firstUsed ?? 0);
});

test('many that tell of the same keys in any order do not wait for each other in a circle, nor lose a row', async () => {
  const database = await migratedDatabase(notes);
  await recordsOf(database).record([key, next]);
  const pool = createPool({ databaseUrl: database.url, name: 'use', connections: 8 });
  onTestFinished(() => pool.close());
  await Promise.all(
    Array.from({ length: 40 }, async (_, at) => {
      const use = createKeyUse(pool, notes.name, { onRetired: () => {} });
      use.note(at % 2 === 0 ? [key, next] : [next, key], 5);
      await use.flush();
    }),
  );
  expect(await database.sql('select rows::int from masque.keys')).toEqual([{ rows: 200 }, { rows: 200 }]);
});

test('what could not be told is told with the next', async () => {
  const database = await migratedDatabase(notes);
  const records = recordsOf(database);
  await records.record([key]);
  const pool = createPool({ databaseUrl: database.url, name: 'use', connections: 1 });
  onTestFinished(() => pool.close());
  const use = createKeyUse(pool, notes.name, { onRetired: () => {} });
  await database.sql('alter table masque.keys rename to elsewhere');
  use.note([key], 3);
  await use.flush();
  await database.sql('alter table masque.elsewhere rename to keys');
  use.note([key], 4);
  await use.flush();
  expect(await records.list()).toMatchObject([{ rows: 7 }]);
});

test('a retired key is refused by new loaders at once, by those at work after their next report; and taken again', async () => {
  const database = await migratedDatabase(notes);
  const records = recordsOf(database);
  const retired: (readonly string[])[] = [];
  const pool = createPool({ databaseUrl: database.url, name: 'use', connections: 1 });
  onTestFinished(() => pool.close());
  const use = createKeyUse(pool, notes.name, { onRetired: (kids) => retired.push(kids) });
  await records.record([key, next]);
  await records.setRetired('abcdef', true);
  await expect(database.sink(notes).registerKeys([key])).rejects.toMatchObject({
    code: 'key_differs',
    message: 'the masker masks with the key abcdef, which was retired',
  });
  await database.sink(notes).registerKeys([next]);
  use.note([key, next], 1);
  await use.flush();
  expect(retired).toEqual([['abcdef']]);
  await records.setRetired('abcdef', false);
  await database.sink(notes).registerKeys([key]);
});

const tokens: Target = {
  name: 'tokens',
  table: 'tokens',
  columns: [
    { name: 'id', type: 'integer' },
    { name: 'one', type: 'text', tokenLength: 60 },
    { name: 'other', type: 'varchar(60)', tokenLength: 60 },
  ],
};

test('rows are counted in the table: each once, whichever column, by the token’s whole beginning', async () => {
  const database = await migratedDatabase(tokens);
  await database.sql(`insert into tokens values
    (1, 'hmac1.abcdef.x', 'hmac1.abcdef.y'), (2, 'hmac1.abcdef.x', null), (3, null, 'hmac1.abcdef.z'),
    (4, 'hmac1.abcdeg.x', null), (5, 'xhmac1.abcdef.x', null), (6, 'siv1.abcdef.x', 'hmac1_abcdef.x'), (7, null, null)`);
  await database.sql(
    `insert into masque.quarantine (pipeline, message_id, sent_at, received_at, reason, fields, masked_row, body, status) values
       ('tokens', 'a', now(), now(), 'r', '{}', '{"one": "hmac1.abcdef.q", "id": 5}', null, 'held'),
       ('tokens', 'b', now(), now(), 'r', '{}', '{"one": "hmac1.abcdeg.q"}', null, 'held'),
       ('tokens', 'c', now(), now(), 'r', '{}', '{"one": "hmac1.abcdef.q"}', null, 'replayed'),
       ('other', 'd', now(), now(), 'r', '{}', '{"one": "hmac1.abcdef.q"}', null, 'held'),
       ('tokens', 'e', now(), now(), 'r', '{}', null, decode('016162636465660000', 'hex'), 'held')`,
  );
  const records = recordsOf(database, tokens);
  expect(await records.countTokens('hmac1.abcdef.')).toEqual({ rows: 3, quarantined: 1 });
  expect(await records.countValues(['other'])).toEqual({ rows: 3, quarantined: 2 });
  expect(await records.countSealed('abcdef')).toEqual({ rows: 0, quarantined: 1 });
  expect(await records.countSealed('abcdeg')).toEqual({ rows: 0, quarantined: 0 });
});
