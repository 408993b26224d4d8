import { describe, expect, test } from 'vitest';
import { createInspector, migrate, openQuarantine } from '../src/index.ts';
import { needs, ownNeeds, type Role } from '../src/privileges.ts';
import { aBatch, dayMs, noon, notes } from './own-database.ts';
import { type OwnRoles, ownRoles } from './own-roles.ts';
import { aVisitBatch, visits } from './vault.ts';

const forbidden = '42501';

async function expectForbidden({ attempt }: OwnRoles, role: Role, statements: readonly string[]): Promise<void> {
  const outcomes: (readonly [string, string | undefined])[] = [];
  for (const sql of statements) outcomes.push([sql, await attempt(role, sql)]);
  expect(outcomes).toEqual(statements.map((sql) => [sql, forbidden]));
}

describe('the loader’s role', () => {
  test('is enough for everything a loader does', async () => {
    const { database, login } = await ownRoles(notes);
    const sink = database.sink(notes, { databaseUrl: (await login('loader')).url });
    await sink.check();
    await sink.registerKeys([{ kid: 'abcdef', method: 'rsa', fingerprint: 'f' }]);
    const batch = aBatch([{}, { reason: 'not_json', sentAt: noon + dayMs }, { id: 2 ** 40 }]);
    expect(await sink.load(batch)).toEqual({
      rows: 1,
      rejects: { not_json: 1 },
      refused: { 22003: 1 },
      duplicates: 0,
    });
    expect(await sink.load(batch)).toMatchObject({ duplicates: 3 });
    expect(await sink.keepLedger(30)).toMatchObject({ busy: false });
    await sink.load({ ...aBatch([{}, {}]), keys: [{ kid: 'abcdef', method: 'rsa', fingerprint: 'f' }] });
    await sink.close();
    expect(await database.sql('select rows::int from masque.keys')).toEqual([{ rows: 2 }]);
  });

  test('and each grant is needed: without it the check says so; another run of --roles gives it back', async () => {
    const { database, prefix, login, again } = await ownRoles(visits);
    const { url } = await login('loader');
    const grants = [
      ['usage on schema masque', 'USAGE on schema masque'],
      ['insert (masked_ip) on visits', 'INSERT (masked_ip) on visits'],
      ...ownNeeds('loader').map(({ name, privilege, columns = [] }) => {
        const words = `${privilege} (${columns[0] ?? ''}) on masque.${name}`;
        return [words, words];
      }),
      ...needs.loader.functions.map((name) => [
        `execute on function masque.${name}`,
        `EXECUTE on function masque.${name}`,
      ]),
    ] as const;
    for (const [revoked = '', missing = ''] of grants) {
      await database.sql(`revoke ${revoked} from ${prefix}_loader`);
      await expect(database.sink(visits, { databaseUrl: url }).check()).rejects.toMatchObject({
        code: 'privilege_missing',
        heals: false,
        message: `this database user lacks\n  - ${missing}\n`,
      });
      await again();
      await database.sink(visits, { databaseUrl: url }).check();
    }
  });

  test('and of the vault’s, only where the pipeline has tokens of it', async () => {
    const { database, prefix, login } = await ownRoles(notes);
    const { url } = await login('loader');
    await database.sql(`revoke all on masque.vault from ${prefix}_loader`);
    await database.sink(notes, { databaseUrl: url }).check();
    await migrate({ databaseUrl: database.url, target: visits, rolePrefix: prefix });
    const sink = database.sink(visits, { databaseUrl: url });
    await sink.check();
    expect(await sink.load(aVisitBatch([{ ip: 'a' }, { id: 2 ** 40, ip: 'b' }]))).toMatchObject({
      vault: { stored: 2 },
    });
  });

  test('and nothing else', async () => {
    await expectForbidden(await ownRoles(notes), 'loader', [
      'select * from notes',
      'delete from notes',
      'update notes set words = words',
      'select pipeline from masque.ledger',
      'delete from masque.ledger',
      'select body from masque.quarantine',
      'select masked_row from masque.quarantine',
      'update masque.quarantine set reason = reason',
      'update masque.keys set fingerprint = fingerprint',
      'update masque.keys set retired_at = null',
      'select ciphertext from masque.vault',
      'update masque.vault set ciphertext = null',
      `insert into masque.vault (token, kid, erased_at) values ('t', 'k', now())`,
      'delete from masque.vault',
      'create table masque.mine ()',
      'drop table masque.ledger',
      'insert into masque.migrations (version, file) values (9, $$x$$)',
    ]);
  });

  test('without it nobody may even make a day’s partition', async () => {
    const { database, attempt } = await ownRoles(notes);
    expect(await attempt('dashboard', `select masque.ensure_ledger_day('2025-01-15')`)).toBe(forbidden);
    const { role } = await database.createRole();
    await database.sql(`grant usage on schema masque to ${role}`);
    const session = await database.session();
    await session.query(`set role ${role}`);
    await expect(session.query(`select masque.ensure_ledger_day('2025-01-15')`)).rejects.toMatchObject({
      code: forbidden,
    });
  });
});

describe('the dashboard’s role', () => {
  test('sees counts, times and reasons', async () => {
    const { database, login } = await ownRoles(notes);
    await database.sink(notes).load(aBatch([{}, { reason: 'not_json' }]));
    const { url } = await login('dashboard');
    const inspector = createInspector({ databaseUrl: url, target: notes });
    expect(await inspector.counts()).toEqual({
      settledInLedger: 2,
      loaded: 1,
      quarantined: { total: 1, reasons: { not_json: 1 } },
    });
    await inspector.close();
  });

  test('and nothing else', async () => {
    await expectForbidden(await ownRoles(notes), 'dashboard', [
      'select body from masque.quarantine',
      'select masked_row from masque.quarantine',
      'select * from masque.quarantine',
      'select message_id from masque.ledger',
      'select words from notes',
      'select count(*) from notes',
      'insert into notes (id) values (1)',
      `insert into masque.ledger (message_id, sent_day, pipeline) values (gen_random_uuid(), '2025-01-15', 'notes')`,
      `update masque.quarantine set status = 'discarded'`,
      'delete from masque.quarantine',
      `insert into masque.keys (pipeline, kid, method, fingerprint) values ('notes', 'k', 'rsa', 'f')`,
      'create table masque.mine ()',
    ]);
  });
});

describe('the custodian’s role', () => {
  test('decides about the quarantine', async () => {
    const { database, login } = await ownRoles(notes);
    const sink = database.sink(notes);
    await sink.load(aBatch([{ reason: 'not_json' }, { reason: 'not_json' }, { id: 2 ** 40, words: 'kept' }]));
    await database.sql('alter table notes alter column id type bigint');
    const quarantine = openQuarantine({ databaseUrl: (await login('custodian')).url, target: notes });
    const entries = await quarantine.list({});
    const [first = '', second = ''] = entries.filter(({ holds }) => holds === 'body').map(({ id }) => id);
    const refused = entries.find(({ holds }) => holds === 'row')?.id ?? '';
    expect((await quarantine.body(first))?.toString()).toMatch(/^sealed/);
    expect([...(await quarantine.beginReplay([first]))]).toEqual([[first, 'now']]);
    expect([...(await quarantine.beginReplay([first]))]).toEqual([[first, 'recently']]);
    expect(await quarantine.markReplayed([first])).toBe(1);
    expect((await quarantine.beginReplay([first])).size).toBe(0);
    expect(await quarantine.discard([second], 'test')).toBe(1);
    await database.sql(
      `update masque.quarantine set masked_row = jsonb_set(masked_row, '{id}', '7') where id = ${refused}`,
    );
    expect(await quarantine.insertRow(refused)).toBe(true);
    await quarantine.close();
    expect(await database.sql('select words from notes')).toEqual([{ words: 'kept' }]);
  });

  test('and nothing else', async () => {
    await expectForbidden(await ownRoles(notes), 'custodian', [
      'delete from masque.ledger',
      'delete from masque.quarantine',
      `update masque.quarantine set reason = 'another'`,
      `select masque.ensure_ledger_day('2025-01-15')`,
      'select masque.retire_ledger_day(30)',
      'delete from notes',
      'delete from masque.vault',
      `update masque.vault set token = 'another'`,
      'truncate masque.ledger',
      'create table masque.mine ()',
    ]);
  });
});

test('--roles takes back what is not needed and follows the pipeline’s columns', async () => {
  const { database, prefix, again, attempt } = await ownRoles(notes);
  expect((await again()).roles).toEqual(['loader', 'dashboard', 'custodian'].map((role) => `${prefix}_${role}`));
  await database.sql(`grant select on notes, masque.ledger to ${prefix}_loader`);
  await database.sql(`alter table notes add column "since ""when""" date`);
  expect(await attempt('loader', `insert into notes ("since ""when""") values (now())`)).toBe(forbidden);
  await again({ ...notes, columns: [...notes.columns, { name: 'since "when"', type: 'date' }] });
  expect(await attempt('loader', `insert into notes ("since ""when""") values (now())`)).toBe(undefined);
  expect(await attempt('loader', 'select words from notes')).toBe(forbidden);
  expect(await attempt('loader', 'select pipeline from masque.ledger')).toBe(forbidden);
});

test('an owner who may not create roles hears which one is missing', async () => {
  const { database, prefix } = await ownRoles(notes);
  const { role, url } = await database.createRole();
  await database.sql(`grant create on database ${database.name} to ${role}`);
  const asStranger = { databaseUrl: url, target: { ...notes, table: 'own.notes' } };
  await database.sql(`drop schema masque cascade`);
  await expect(migrate({ ...asStranger, rolePrefix: `${prefix}_other` })).rejects.toMatchObject({
    code: 'role_missing',
    heals: false,
    message: `the role ${prefix}_other_loader is missing, and this database user may not create roles`,
  });
  // With roles that an administrator has made it can.
  expect((await migrate({ ...asStranger, rolePrefix: prefix })).roles).toHaveLength(3);
});
