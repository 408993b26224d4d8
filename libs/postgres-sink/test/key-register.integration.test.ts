import { expect, test } from 'vitest';
import { logins, migratedDatabase } from './own-database.ts';

const key = { kid: 'abcdef', method: 'rsa', fingerprint: 'SHA256:one' };
const other = { ...key, fingerprint: 'SHA256:other' };
/** Another installation's: of a name of its own. */
const foreign = { ...key, kid: 'foreig', fingerprint: 'SHA256:foreign' };

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

test('a key of another name is refused as well, once the pipeline has one, and nothing of it is recorded', async () => {
  const database = await migratedDatabase();
  const sink = database.sink(logins);
  await sink.registerKeys([key]);
  for (const each of [sink, database.sink(logins)]) {
    await expect(each.registerKeys([foreign])).rejects.toMatchObject({
      code: 'key_differs',
      heals: false,
      message: 'the masker masks with the key foreig, but the table was masked with abcdef',
    });
  }
  expect(await database.sql('select kid from masque.keys')).toEqual([{ kid: 'abcdef' }]);
});

test('of the first batches of two installations that come at once, one is refused', async () => {
  const database = await migratedDatabase();
  const outcomes = await Promise.allSettled([key, foreign].map((each) => database.sink(logins).registerKeys([each])));
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('a key may be joined by those of other methods, and by one that was recorded before it was used', async () => {
  const database = await migratedDatabase();
  const sink = database.sink(logins);
  await sink.registerKeys([key]);
  await sink.registerKeys([key, { kid: 'hashes', method: 'hmac', fingerprint: 'SHA256:hash' }]);
  await database.sql(`insert into masque.keys (pipeline, kid, method, fingerprint) values ($1, $2, $3, $4)`, [
    logins.name,
    foreign.kid,
    foreign.method,
    foreign.fingerprint,
  ]);
  await expect(database.sink(logins).registerKeys([foreign])).resolves.toBeUndefined();
});

test('another pipeline has keys of its own, and a name still means one key', async () => {
  const database = await migratedDatabase();
  const orders = { ...logins, name: 'orders' };
  await database.sink(logins).registerKeys([key]);
  await database.sink(orders).registerKeys([foreign]);
  await expect(database.sink(orders).registerKeys([foreign, other])).rejects.toMatchObject({ code: 'key_differs' });
});

test('keys recorded by an earlier release are of no pipeline, and hinder none', async () => {
  const database = await migratedDatabase();
  await database.sql(
    `insert into masque.keys (pipeline, kid, method, fingerprint) values ('', 'abcdef', 'rsa', 'SHA256:one')`,
  );
  await expect(database.sink(logins).registerKeys([other])).rejects.toMatchObject({ code: 'key_differs' });
  await database.sink(logins).registerKeys([foreign]);
});

test('a known key costs no statement', async () => {
  const database = await migratedDatabase();
  const sink = database.sink(logins);
  await sink.registerKeys([key]);
  await database.sql('drop table masque.keys');
  await expect(sink.registerKeys([key])).resolves.toBeUndefined();
});
