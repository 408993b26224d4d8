import { expect, it, onTestFinished } from 'vitest';
import { type MaskedShape, openSurvey, type Survey } from '../src/index.ts';
import { migratedDatabase, notes, type OwnDatabase } from './own-database.ts';

function open(database: OwnDatabase): Survey {
  const survey = openSurvey({ databaseUrl: database.url, target: notes });
  onTestFinished(() => survey.close());
  return survey;
}

const letters = (count: number, last = ''): string => 'A'.repeat(count - last.length) + last;

it.each<[string, MaskedShape, Readonly<Record<string, readonly string[]>>]>([
  [
    'tokens',
    { kind: 'token' },
    {
      token: [
        `rsa1.abcdef.${letters(342)}`,
        `rsa1.abcdef.${letters(342, 'w')}`,
        `rsa1.abcdef.${letters(512, '-_')}`,
        `rsa1.abcdef.${letters(683, '8')}`,
        `siv1.abcdef.${letters(43)}`,
        `siv1.abcdef.${letters(64)}`,
        `siv1.abcdef.${letters(256)}`,
        `vlt1.abcdef.${letters(43, 'E')}`,
        `hmac1.abcdef.${letters(43, 'I')}`,
      ],
      malformed: [
        `rsa1.abcdef.${letters(511)}`,
        `rsa1.abcdef.${letters(512, '+')}`,
        `rsa1.abcdef.${letters(512, '\n')}`,
        `rsa1.abcdef.${letters(342, 'B')}`,
        `rsa1.abcdef.${letters(43)}`,
        `rsa2.abcdef.${letters(512)}`,
        `rsa1.ABCDEF.${letters(512)}`,
        `rsa1.abcdef.${letters(255)}.${letters(256)}`,
        `siv1.abcdef.${letters(42)}`,
        `siv1.abcdef.${letters(22)}`,
        `vlt1.abcdef.${letters(43, 'B')}`,
        `hmac1.abcdef.${letters(44)}`,
        'hmac1.',
      ],
      plain: ['198.51.100.7', '', 'rsa1', ` rsa1.abcdef.${letters(512)}`, `RSA1.abcdef.${letters(512)}`],
    },
  ],
  [
    'networks',
    { kind: 'network', v4: 24, v6: 48 },
    {
      masked: ['198.51.100.0/24', '2001:db8:1::/48', '::/48'],
      plain: ['198.51.100.0', '198.51.100.7/32', '198.51.100.0/48', '2001:db8::/24', 'host/24'],
    },
  ],
  [
    'addresses',
    { kind: 'address' },
    { unjudged: ['198.51.100.7', '::1', '::ffff:1.2.3.4'], plain: ['a', '1.2.3.4/24'] },
  ],
  ['letters', { kind: 'letters', letters: '0123456789-' }, { unjudged: ['593-47', ''], plain: ['593 47', 'x'] }],
  ['one text', { kind: 'fixed', text: 'gone' }, { masked: ['gone'], plain: ['Gone', ''] }],
  ['nothing', { kind: 'fixed', text: null }, { plain: ['gone', ''] }],
])('tells %s from what is none', async (_, shape, cases) => {
  const database = await migratedDatabase(notes);
  const survey = open(database);
  for (const [finding, values] of Object.entries(cases)) {
    for (const value of values) {
      await database.sql('truncate notes');
      await database.sql('insert into notes (words) values ($1), (null)', [value]);
      const found = await survey.column('words', shape);
      expect([value, ...found.map((each) => [each.finding, each.values])]).toEqual([value, [finding, 1]]);
      expect(await survey.places('words', shape, found[0]?.finding ?? 'plain', 3)).toEqual(['notes (0,1)']);
    }
  }
});

it('counts tokens by method and key', async () => {
  const database = await migratedDatabase(notes);
  await database.sql(
    `insert into notes (words) select 'hmac1.' || kid || '.' || repeat('A', 43) from unnest(array['aaaaaa', 'bbbbbb', 'bbbbbb']) as kid`,
  );
  expect(await open(database).column('words', { kind: 'token' })).toEqual([
    { finding: 'token', method: 'hmac1', kid: 'aaaaaa', values: 1 },
    { finding: 'token', method: 'hmac1', kid: 'bbbbbb', values: 2 },
  ]);
});

it('counts in a view as in a table, and knows of no places there', async () => {
  const database = await migratedDatabase(notes);
  await database.sql('alter table notes rename to kept');
  await database.sql('create view notes as select * from kept');
  await database.sql(`insert into notes (words) values ('plain'), ('rsa1.'), (null)`);
  const survey = open(database);
  expect(await survey.column('words', { kind: 'token' })).toEqual([
    { finding: 'malformed', method: null, kid: null, values: 1 },
    { finding: 'plain', method: null, kid: null, values: 1 },
  ]);
  expect(await survey.places('words', { kind: 'token' }, 'plain', 5)).toEqual([]);
});

it('tells which part of a table that is cut into parts', async () => {
  const database = await migratedDatabase(notes);
  await database.sql('drop table notes');
  await database.sql('create table notes (words text) partition by list (words)');
  await database.sql(`create table notes_rest partition of notes default`);
  await database.sql(`insert into notes (words) values ('plain')`);
  expect(await open(database).places('words', { kind: 'token' }, 'plain', 5)).toEqual(['notes_rest (0,1)']);
});

it('accounts for days by a time as by a day, and knows which the ledger has forgotten', async () => {
  const database = await migratedDatabase(notes);
  await database.sql('alter table notes add sent timestamptz');
  // 23:30 in UTC, and another day in the session’s own time zone.
  await database.sql(`insert into notes (sent) values ('2025-01-15T23:30:00Z'), ('2025-01-16T00:30:00Z')`);
  await database.sql(`select masque.ensure_ledger_day('2025-01-15')`);
  await database.sql(
    `insert into masque.ledger (message_id, sent_day, pipeline) values (gen_random_uuid(), '2025-01-15', 'notes')`,
  );
  const survey = open(database);
  const day = { name: 'sent', type: 'timestamptz' } as const;
  const common = { aside: 0, inserted: 0, rows: 1 };
  expect(await survey.days('2025-01-15', '2025-01-16', day)).toEqual([
    { ...common, day: '2025-01-15', placed: 1, known: true },
    { ...common, day: '2025-01-16', placed: 0, known: false },
  ]);
  expect(await survey.days('2025-01-15', '2025-01-16', undefined)).toEqual([
    { ...common, day: '2025-01-15', placed: 1, known: true, rows: null },
  ]);
});
