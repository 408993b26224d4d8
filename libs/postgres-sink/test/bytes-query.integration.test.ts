import { packBase64, packTexts } from '@masque/handoff';
import * as fc from 'fast-check';
import { Client, type Connection } from 'pg';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { queryWithBytes } from '../src/bytes-query.ts';

/** Nothing is stored, so no database of this test's own is needed. */
async function session(): Promise<Client> {
  const client = new Client(inject('stack').postgresUrl);
  client.on('error', () => {});
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

const asJson = { name: 'as_json', text: `select to_json($1::text[])::text as texts, $2::text as note` };

test('PostgreSQL takes packed texts for the array that they are, empty too', async () => {
  const client = await session();
  // U+0000 is the one character that it knows none of.
  const text = fc.string({ unit: 'binary', maxLength: 9 }).map((each) => each.replaceAll('\0', ''));
  const property = fc.asyncProperty(fc.array(fc.option(text), { maxLength: 9 }), async (all) => {
    const { rows } = await queryWithBytes(client, { ...asJson, values: [packTexts(all), 'ü'] });
    expect(rows).toEqual([{ texts: expect.any(String), note: 'ü' }]);
    expect(JSON.parse((rows as [{ texts: string }])[0].texts)).toEqual(all);
  });
  await fc.assert(property, { numRuns: 60, examples: [[[]], [[null]], [['NULL', '', '{"a,b"}', String.raw`\x00`]]] });
});

test('and packed bytes for bytea', async () => {
  const client = await session();
  const given = ['/wA=', 'c2VhbGVk'];
  const { rows } = await queryWithBytes(client, {
    name: 'bytes',
    text: 'select array_agg(bytes order by place) as all from unnest($1::bytea[]) with ordinality as u (bytes, place)',
    values: [packBase64(given)],
  });
  expect(rows).toEqual([{ all: given.map((text) => Buffer.from(text, 'base64')) }]);
});

test('bytes go to the socket as they are, and not through a message of pg’s', async () => {
  const client = await session();
  const { stream } = (client as unknown as { readonly connection: Connection }).connection;
  const write = vi.spyOn(stream, 'write');
  const packed = packTexts(['a']);
  await queryWithBytes(client, { ...asJson, values: [packed, null] });
  expect(write.mock.calls.some(([piece]) => piece === packed)).toBe(true);
});

test('one statement takes a column in either form, time and again', async () => {
  const client = await session();
  for (const texts of [packTexts(['a', null]), '{"a",NULL}', packTexts(['a', null])]) {
    expect((await queryWithBytes(client, { ...asJson, values: [texts, null] })).rows).toEqual([
      { texts: '["a",null]', note: null },
    ]);
  }
});

test('a megabyte arrives whole', async () => {
  const client = await session();
  const values = [packTexts(Array.from({ length: 2_000 }, (_, at) => `${at}`.padStart(524, 'é'))), 'x'];
  const text = 'select count(*)::int, sum(length(t))::int from unnest($1::text[]) as t where $2::text is not null';
  expect((await queryWithBytes(client, { name: 'count', text, values })).rows).toEqual([
    { count: 2_000, sum: 1_048_000 },
  ]);
});

test.each<[string, string, unknown[]]>([
  ['bytes that are no array', '54000', [Buffer.from('SENTINEL'), null]],
  ['a text with U+0000', '22021', [packTexts(['a\0b']), null]],
  ['a list of another type', '42804', [packBase64(['YQ==']), null]],
])('%s is an error of that query, and the connection is good for the next', async (_, code, values) => {
  const client = await session();
  await expect(queryWithBytes(client, { ...asJson, values })).rejects.toMatchObject({ code });
  expect((await queryWithBytes(client, { ...asJson, values: [packTexts(['b']), null] })).rows).toEqual([
    { texts: '["b"]', note: null },
  ]);
});

test('a connection that breaks meanwhile fails its query', async () => {
  const client = await session();
  const { rows } = await client.query<{ readonly pid: number }>('select pg_backend_pid() as pid');
  const sleeping = queryWithBytes(client, {
    name: 'sleep',
    text: 'select pg_sleep(60) from unnest($1::text[])',
    values: [packTexts(['a'])],
  });
  const ended = sleeping.catch((error: unknown) => error);
  await (await session()).query('select pg_terminate_backend($1)', [rows[0]?.pid]);
  expect(await ended).toMatchObject({ code: '57P01' });
  await expect(queryWithBytes(client, { ...asJson, values: [packTexts(['a']), null] })).rejects.toThrow(
    /terminated|not queryable/,
  );
});
