import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SinkBatch } from '../src/index.ts';
import { migratedDatabase, type OwnDatabase } from './own-database.ts';
import { aVisitBatch, entriesFor, tokenOf, unopenableSql, type Visit, visits } from './vault.ts';

const stored = ({ sql }: OwnDatabase) =>
  sql<{ readonly token: string; readonly kid: string; readonly words: string }>(
    `select token, kid, convert_from(ciphertext, 'utf8') as words from masque.vault order by stored_at, token`,
  );

test('rows bring their entries, each distinct token once, and a second load adds nothing', async () => {
  const database = await migratedDatabase(visits);
  const sink = database.sink(visits);
  const batch = aVisitBatch([
    { ip: 'a', device: 'x' },
    { ip: 'a', device: 'y' },
    { ip: 'x', device: null },
  ]);
  expect(await sink.load(batch)).toEqual({
    rows: 3,
    rejects: {},
    refused: {},
    duplicates: 0,
    vault: { stored: 3, erased: 0 },
  });
  const first = await stored(database);
  expect(first.map(({ token }) => token).toSorted()).toEqual(['a', 'x', 'y'].map(tokenOf).toSorted());
  expect(first.every(({ kid, token, words }) => kid === 'abcdef' && words.startsWith(token))).toBe(true);

  expect(await sink.load(batch)).toMatchObject({ rows: 0, duplicates: 3, vault: { stored: 0, erased: 0 } });
  // Another replica's ciphertext of a value that is known: the first one stays.
  await sink.load(aVisitBatch([{ ip: 'a', device: 'z' }]));
  expect((await stored(database)).slice(0, 3)).toEqual(first);
});

test('messages that were loaded before, and entries that no row needs, leave nothing', async () => {
  const database = await migratedDatabase(visits);
  const sink = database.sink(visits);
  const messageId = randomUUID();
  await sink.load(aVisitBatch([{ messageId, ip: 'a' }]));
  // The same message, masked under a key that it was not masked with the first time.
  expect(await sink.load(aVisitBatch([{ messageId, ip: 'b' }]))).toMatchObject({ duplicates: 1 });
  await sink.load({ ...aVisitBatch([{ ip: 'a' }]), entries: entriesFor(['a', 'c'].map(tokenOf)) });
  expect((await stored(database)).map(({ token }) => token)).toEqual([tokenOf('a')]);
});

test('a batch without rows, or whose fields are all null, needs no entries', async () => {
  const database = await migratedDatabase(visits);
  const sink = database.sink(visits);
  const reject = { at: 0, reason: 'not_json', fields: [], body: 'c2VhbGVk' };
  const rejected: SinkBatch = { ...aVisitBatch([{ ip: null }]), rows: [], columns: {}, rejects: [reject] };
  expect(await sink.load(rejected)).toMatchObject({ rejects: { not_json: 1 } });
  expect(await sink.load(aVisitBatch([{ ip: null }]))).toMatchObject({ rows: 1, vault: { stored: 0 } });
});

test.each<[string, (batch: SinkBatch) => Partial<SinkBatch>]>([
  ['no entries', () => ({ entries: undefined })],
  ['another’s entry', () => ({ entries: entriesFor([tokenOf('b')]) })],
  ['no token', ({ columns }) => ({ columns: { ...columns, masked_ip: ['203.0.113.77'] } })],
])('a token that came with %s is not loaded, nor anything of its batch', async (_, change) => {
  const database = await migratedDatabase(visits);
  const batch = aVisitBatch([{ ip: 'a' }]);
  const fault: unknown = await database
    .sink(visits)
    .load({ ...batch, ...change(batch) })
    .catch((thrown: unknown) => thrown);
  expect(fault).toMatchObject({ name: 'Fault', code: 'entry_missing', heals: false });
  expect(JSON.stringify(fault)).not.toContain('203.0.113.77');
  for (const table of ['visits', 'masque.vault', 'masque.ledger', 'masque.quarantine']) {
    expect(await database.sql(`select from ${table}`)).toEqual([]);
  }
});

test('a row that PostgreSQL refuses keeps its entries, as it may be inserted later; its neighbours keep theirs', async () => {
  const database = await migratedDatabase(visits);
  const sink = database.sink(visits);
  const batch = aVisitBatch([{ ip: 'a' }, { id: 2 ** 40, ip: 'b', device: 'a' }, { ip: 'c' }, { ip: 'b' }]);
  expect(await sink.load(batch)).toMatchObject({ rows: 3, refused: { 22003: 1 }, vault: { stored: 3 } });
  expect(await database.sql(unopenableSql)).toEqual([]);

  const alone = aVisitBatch([{ id: 2 ** 40, ip: 'd', device: 'e' }]);
  expect(await sink.load(alone)).toMatchObject({ refused: { 22003: 1 }, vault: { stored: 2 } });
  expect(await sink.load(alone)).toMatchObject({ duplicates: 1, vault: { stored: 0 } });
  expect(await database.sql(unopenableSql)).toEqual([]);
});

test('an erased value stays erased, whatever brings its entry again, and that it came is told', async () => {
  const database = await migratedDatabase(visits);
  const sink = database.sink(visits);
  await sink.load(aVisitBatch([{ ip: 'a', device: 'b' }]));
  await database.sql('update masque.vault set ciphertext = null, erased_at = now() where token = $1', [tokenOf('a')]);
  const late = aVisitBatch([{ ip: 'a', device: 'b' }, { ip: 'a' }, { id: 2 ** 40, ip: 'a' }]);
  expect(await sink.load(late)).toMatchObject({ rows: 2, refused: { 22003: 1 }, vault: { stored: 0, erased: 2 } });
  expect(await sink.load(late)).toMatchObject({ vault: { erased: 0 } });
  expect(await database.sql('select from masque.vault where ciphertext is null')).toHaveLength(1);
});

const loaders = 4;

/**
 * Overlapping batches of messages and of values, on several loaders at once, with rows that are refused, so that
 * batches are bisected, with connections that are killed meanwhile, and with loads that are given up and made again.
 */
test('no row’s token is ever without its entry, and nobody deadlocks', async () => {
  const database = await migratedDatabase(visits);
  const sinks = Array.from({ length: loaders }, () => database.sink(visits, { connections: 2, name: 'loading' }));
  const killer = await database.session();
  const visit = fc.record({ message: fc.nat(39), value: fc.nat(24), other: fc.option(fc.nat(24)), bad: fc.nat(19) });
  const batches = fc.array(fc.array(visit, { minLength: 1, maxLength: 40 }), { minLength: loaders, maxLength: 8 });
  let refused = 0;
  let killed = 0;
  let total = 0;

  async function load(batch: SinkBatch, at: number): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      const report = await sinks[at % loaders]!.load(batch).catch((fault: { readonly heals: boolean }) => fault);
      if ('rows' in report) {
        refused += Object.values(report.refused).reduce((sum, count) => sum + count, 0);
        return;
      }
      if (!report.heals || tries > 20) throw new Error('it does not heal', { cause: report });
    }
  }

  await fc.assert(
    fc.asyncProperty(batches, async (plan) => {
      // Fresh messages and values each time, and a message always says the same.
      const run = randomUUID();
      const messageIds = Array.from({ length: 40 }, () => randomUUID());
      const contents = new Map<number, Visit>();
      for (const { message, value, other, bad } of plan.flat()) {
        contents.set(message, {
          messageId: messageIds[message] ?? '',
          ip: `${run} ${value}`,
          device: other === null ? null : `${run} ${other}`,
          ...(bad === 0 ? { id: 2 ** 40 } : {}),
        });
      }
      const loading = Promise.all(
        plan.map((each, at) => load(aVisitBatch(each.flatMap(({ message }) => contents.get(message) ?? [])), at)),
      );
      const over = new AbortController();
      const loaded = loading.finally(() => over.abort());
      // One connection in the midst of its work, as soon as there is one.
      for (let found = 0; found === 0 && !over.signal.aborted; killed += found) {
        const { rowCount } = await killer.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = $1 and application_name = 'loading' and state = 'active' limit 1`,
          [database.name],
        );
        found = rowCount ?? 0;
      }
      await loaded;
      expect(await database.sql(unopenableSql)).toEqual([]);
      const [count] = await database.sql(
        `select (select count(*) from visits)::int + (select count(*) from masque.quarantine)::int as placed`,
      );
      total += contents.size;
      expect(count).toEqual({ placed: total });
    }),
    { numRuns: 25 },
  );
  // It had something to get wrong.
  expect(refused).toBeGreaterThan(0);
  expect(killed).toBeGreaterThan(0);
  await database.sql('select pg_stat_force_next_flush()');
  expect(await database.sql('select deadlocks::int from pg_stat_database where datname = $1', [database.name])).toEqual(
    [{ deadlocks: 0 }],
  );
  const [entries] = await database.sql('select count(*)::int as entries from masque.vault');
  expect(Number(entries?.['entries'])).toBeGreaterThan(100);
});

test('loaders with the same values in opposite orders do not deadlock', async () => {
  const database = await migratedDatabase(visits);
  const values = Array.from({ length: 1_500 }, (_, at) => String(at));
  // A plan that happens to sort would hide that nobody asked for it.
  for (const plan of ['mergejoin', 'sort']) {
    await database.sql(`alter database ${database.name} set enable_${plan} = off`);
  }
  const sinks = Array.from({ length: loaders }, () => database.sink(visits));
  // Connected beforehand, so that they do meet.
  await Promise.all(sinks.map((sink) => sink.load(aVisitBatch([{ ip: null }]))));
  const orders = [values, values.toReversed(), values.toSorted(), values.toSorted().toReversed()];
  const reports = await Promise.all(
    sinks.map((sink, at) => sink.load(aVisitBatch((orders[at] ?? values).map((ip) => ({ ip, device: `d${ip}` }))))),
  );
  expect(reports.map(({ vault }) => vault?.stored ?? 0).reduce((sum, count) => sum + count)).toBe(3_000);
  expect(reports.every(({ rows }) => rows === 1_500)).toBe(true);
  await database.sql('select pg_stat_force_next_flush()');
  expect(await database.sql('select deadlocks::int from pg_stat_database where datname = $1', [database.name])).toEqual(
    [{ deadlocks: 0 }],
  );
});
