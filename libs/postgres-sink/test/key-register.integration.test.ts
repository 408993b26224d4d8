import { expect, test } from 'vitest';
import { migratedDatabase } from './own-database.ts';
import { logins } from './own-database.ts';

const key = { kid: 'abcdef', method: 'rsa', fingerprint: 'SHA256:one' };
const other = { ...key, fingerprint: 'SHA256:other' };

test('a key is recorded once, by whoever uses it first', async () => {
  const database = await migratedDatabase();
  await Promise.all(
    Array.from({ length: 4 }, () => database.sink(logins).registerKeys([key, { ...key, kid: 'second' }])),
  );
  expect(await database.sql('select kid, method, fingerprint from masque.keys order by 1')).toEqual([
    key,
    { ...key, kid: 'second' },
  ]);
});

test('another key under the same name is refused, by the same process and by any other, time and again', async () => {
  const database = await migratedDatabase();
  const sink = database.sink(logins);
  await sink.registerKeys([key]);
  for (const each of [sink, sink, database.sink(logins)]) {
    await expect(each.registerKeys([other])).rejects.toMatchObject({
      code: 'key_differs',
      heals: false,
      setting: 'MASQUE_KEYS_DIR',
      details: { kid: 'abcdef' },
    });
    await each.registerKeys([key]);
  }
  expect(await database.sql('select fingerprint from masque.keys')).toEqual([{ fingerprint: 'SHA256:one' }]);
});

test('of two that come at once under one name, one is refused', async () => {
  const database = await migratedDatabase();
  const outcomes = await Promise.allSettled([key, other].map((each) => database.sink(logins).registerKeys([each])));
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('a known key costs no statement', async () => {
  const database = await migratedDatabase();
  const sink = database.sink(logins);
  await sink.registerKeys([key]);
  await database.sql('drop table masque.keys');
  await expect(sink.registerKeys([key])).resolves.toBeUndefined();
});
