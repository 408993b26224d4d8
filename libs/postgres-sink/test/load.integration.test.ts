import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SinkBatch, Target } from '../src/index.ts';
import {
  aBatch,
  dayMs,
  logins,
  migratedDatabase,
  type Note,
  noon,
  notes,
  type OwnDatabase,
  packed,
} from './own-database.ts';

/** What is in the three places, oldest first where there is an order. */
async function contents({ sql }: OwnDatabase) {
  const [rows, ledger, quarantine] = await Promise.all([
    sql('select id, words from notes order by id'),
    sql<{ readonly message_id: string; readonly sent_day: string }>(
      'select message_id, sent_day::text, pipeline from masque.ledger order by sent_day, message_id',
    ),
    sql('select * from masque.quarantine order by sent_at, message_id'),
  ]);
  return { rows, ledger, quarantine };
}

test('rows, rejects and ledger of a batch', async () => {
  const database = await migratedDatabase(notes);
  const batch = aBatch([
    { words: 'first' },
    { reason: 'not_json', sentAt: noon - dayMs },
    { words: null, sentAt: noon + dayMs },
    { reason: 'wrong_kind', sentAt: noon },
  ]);
  expect(await database.sink(notes).load(batch)).toEqual({
    rows: 2,
    rejects: { not_json: 1, wrong_kind: 1 },
    refused: {},
    duplicates: 0,
  });
  const { rows, ledger, quarantine } = await contents(database);
  expect(rows).toEqual([
    { id: 0, words: 'first' },
    { id: 2, words: null },
  ]);
  const days = ['2025-01-15', '2025-01-14', '2025-01-16', '2025-01-15'];
  expect(new Map(ledger.map(({ message_id: id, sent_day: day }) => [id, day]))).toEqual(
    new Map(batch.messageIds.map((id, at) => [id, days[at]])),
  );
  expect(quarantine).toEqual([
    expect.objectContaining({
      pipeline: 'notes',
      message_id: batch.messageIds[1],
      sent_at: new Date(noon - dayMs),
      received_at: new Date(noon + 1_500),
      reason: 'not_json',
      fields: ['ip', 'device id'],
      body: Buffer.from('sealed 1'),
      sqlstate: null,
      masked_row: null,
    }),
    expect.objectContaining({ message_id: batch.messageIds[3], reason: 'wrong_kind', body: Buffer.from('sealed 3') }),
  ]);
});

test('packed texts load as the cells do that they stand for, those alone that are in their message’s first copy', async () => {
  const database = await migratedDatabase(notes);
  const sink = database.sink(notes);
  const word = fc.option(fc.string({ unit: 'binary', maxLength: 9 }).map((text) => text.replaceAll('\0', '')));
  /** What came of a batch; and all is as before. */
  async function taken(batch: SinkBatch) {
    const report = await sink.load(batch);
    const rows = await database.sql('with gone as (delete from notes returning *) select * from gone order by id');
    await database.sql('with a as (delete from masque.ledger), b as (delete from masque.quarantine) select');
    return { report, rows };
  }
  const each = fc.array(fc.tuple(word, fc.nat(3), fc.boolean()), { minLength: 1, maxLength: 9 });
  const property = fc.asyncProperty(each, async (all) => {
    const ids = Array.from({ length: 4 }, () => randomUUID());
    const batch = aBatch(
      all.map(([words, at, isReject]) => ({
        messageId: ids[at] ?? '',
        words,
        ...(isReject ? { reason: 'not_json' } : {}),
      })),
    );
    const cells = await taken(batch);
    expect(await taken(packed(batch))).toEqual(cells);
  });
  await fc.assert(property, { numRuns: 25 });
});

test('the same batch again adds nothing, and says so', async () => {
  const database = await migratedDatabase(notes);
  const batch = aBatch([{}, { reason: 'not_json' }, {}]);
  const sink = database.sink(notes);
  await sink.load(batch);
  const before = await contents(database);
  expect(await sink.load(batch)).toEqual({ rows: 0, rejects: {}, refused: {}, duplicates: 3 });
  expect(await contents(database)).toEqual(before);
});

test('a message counts once, though twice in a batch, or first a reject and then a row', async () => {
  const database = await migratedDatabase(notes);
  const sink = database.sink(notes);
  const messageId = randomUUID();
  expect(
    await sink.load(
      aBatch([
        { messageId, words: 'a' },
        { messageId, words: 'b' },
        { messageId, reason: 'not_json' },
      ]),
    ),
  ).toEqual({
    rows: 1,
    rejects: {},
    refused: {},
    duplicates: 2,
  });
  expect(await sink.load(aBatch([{ messageId, reason: 'not_json' }]))).toMatchObject({ rejects: {}, duplicates: 1 });
  const { rows, quarantine } = await contents(database);
  expect(rows).toEqual([{ id: 0, words: 'a' }]);
  expect(quarantine).toEqual([]);
});

test('rejects alone, rows alone, and a batch over midnight', async () => {
  const sink = (await migratedDatabase(notes)).sink(notes);
  expect(await sink.load(aBatch([{ reason: 'not_json' }]))).toMatchObject({ rows: 0, rejects: { not_json: 1 } });
  expect(await sink.load(aBatch([{}]))).toMatchObject({ rows: 1, rejects: {} });
  const midnight = Date.UTC(2025, 5, 1);
  expect(await sink.load(aBatch([{ sentAt: midnight - 1 }, { sentAt: midnight }]))).toMatchObject({ rows: 2 });
});

test('ids that are no UUIDs are told apart and remembered', async () => {
  const sink = (await migratedDatabase(notes)).sink(notes);
  const each: Note[] = [{ messageId: 'one' }, { messageId: 'two' }, { messageId: 'Zwölf €' }];
  expect(await sink.load(aBatch(each))).toMatchObject({ rows: 3, duplicates: 0 });
  expect(await sink.load(aBatch(each))).toMatchObject({ rows: 0, duplicates: 3 });
});

test('any text comes back as it went', async () => {
  const database = await migratedDatabase(notes);
  const sink = database.sink(notes);
  const hard = [
    'NULL',
    'null',
    '',
    ' ',
    '"',
    '\\',
    '\\"',
    '{a,b}',
    ',',
    "'",
    '$1',
    '\n\r\t',
    '😀',
    'é',
    '\u001f',
    '{}',
  ];
  const words = fc.oneof(
    fc.constantFrom(...hard),
    // PostgreSQL's text holds any well-formed string but U+0000.
    fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(words), { minLength: 1, maxLength: 40 }), async (texts) => {
      await sink.load(aBatch(texts.map((text) => ({ words: text }))));
      const rows = await database.sql('delete from notes returning id, words');
      expect(rows.sort((a, b) => Number(a['id']) - Number(b['id'])).map((row) => row['words'])).toEqual(texts);
    }),
    { numRuns: 50, examples: [[hard]] },
  );
});

test('every type of column that a pipeline knows', async () => {
  const types = [
    'text',
    'varchar(9)',
    'uuid',
    'smallint',
    'integer',
    'bigint',
    'double precision',
    'boolean',
    'date',
    'timestamptz',
  ];
  const kinds: Target = { name: 'kinds', table: 'kinds', columns: types.map((type) => ({ name: type, type })) };
  const database = await migratedDatabase(kinds);
  const id = randomUUID();
  const cells = [
    'a',
    'b',
    id,
    -32_768,
    2_147_483_647,
    Number.MAX_SAFE_INTEGER,
    -0.1,
    false,
    '2024-02-29',
    '2024-02-29T23:59:59.999Z',
  ];
  const batch: SinkBatch = {
    ...aBatch([{}, {}]),
    columns: Object.fromEntries(types.map((type, at) => [type, [cells[at] ?? null, null]])),
  };
  await database.sink(kinds).check();
  expect(await database.sink(kinds).load(batch)).toMatchObject({ rows: 2 });
  const [full, empty] = await database.sql('select k::text from kinds k order by 1 desc');
  expect(empty).toEqual({ k: '(,,,,,,,,,)' });
  expect(String(full?.['k'])).toMatch(`(a,b,${id},-32768,2147483647,9007199254740991,-0.1,f,2024-02-29,"2024-02-29`);
});

test('the shipped pipeline’s table, tokens and all', async () => {
  const database = await migratedDatabase(logins);
  const token = `rsa1.abcdef.${'x'.repeat(512)}`;
  const row = ['u', 'android', token, token, null, 2_003_000, '2025-01-15'];
  const columns = Object.fromEntries(logins.columns.map(({ name }, at) => [name, [row[at] ?? null]]));
  await database.sink(logins).load({ ...aBatch([{}]), columns });
  expect(await database.sql('select *, create_date::text from user_logins')).toEqual([
    Object.fromEntries(logins.columns.map(({ name }, at) => [name, row[at]])),
  ]);
});

describe('a batch of another definition', () => {
  test('is refused and leaves nothing behind', async () => {
    const database = await migratedDatabase(notes);
    const batch = aBatch([{}]);
    await expect(
      database.sink(notes).load({ ...batch, columns: { ...batch.columns, country: ['DE'] } }),
    ).rejects.toMatchObject({ code: 'definition_differs', heals: false });
    expect(await contents(database)).toEqual({ rows: [], ledger: [], quarantine: [] });
  });
});
