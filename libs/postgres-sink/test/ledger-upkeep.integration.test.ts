import { setTimeout as sleep } from 'node:timers/promises';
import { retry } from '@masque/fault';
import { expect, test } from 'vitest';
import { utcDay } from '../src/ledger.ts';
import { createPostgresSink } from '../src/index.ts';
import { aBatch, dayMs, migratedDatabase, noon, notes, type OwnDatabase } from './own-database.ts';

const day = utcDay(noon);
const yesterday = utcDay(noon - dayMs);

async function partitions(database: OwnDatabase): Promise<Record<string, unknown>[]> {
  return database.sql(
    `select relname as name, inhrelid is not null as attached from pg_class left join pg_inherits on inhrelid = pg_class.oid
     where relnamespace = 'masque'::regnamespace and relkind = 'r' and relname like 'ledger%' order by 1`,
  );
}

const names = async (database: OwnDatabase): Promise<unknown[]> => (await partitions(database)).map(({ name }) => name);

/** As if all that is in the ledger had been loaded so many days ago. */
const age = (database: OwnDatabase, days: number): Promise<unknown> =>
  database.sql(`update masque.ledger set loaded_at = now() - make_interval(days => $1)`, [days]);

/** A loader's session that has placed a message of the old day, and has not committed. */
async function loadUnderWay(database: OwnDatabase) {
  const loading = await database.session();
  await loading.query(`begin; insert into masque.ledger (message_id, sent_day, pipeline)
                       values ('00000000-0000-4000-8000-000000000001', '${day}', 'notes')`);
  return loading;
}

const oldDays = Array.from({ length: 12 }, (_, ago) => noon - ago * dayMs);

/** Three loaders, and a ledger of which all is old. */
async function crowd() {
  const database = await migratedDatabase(notes);
  const sinks = Array.from({ length: 3 }, () => database.sink(notes));
  await sinks[0]?.load(aBatch(oldDays.map((sentAt) => ({ sentAt }))));
  await age(database, 36);
  return { database, sinks };
}

test('the days to come have their partitions before their first message', async () => {
  const database = await migratedDatabase(notes);
  expect(await database.sink(notes).keepLedger(35)).toEqual({ detached: [], dropped: [], busy: false });
  const today = Date.now();
  expect(await names(database)).toEqual(
    [0, 1, 2].map((ahead) => `ledger_${utcDay(today + ahead * dayMs).replaceAll('-', '')}`),
  );
});

test('a day goes when everything in it was loaded longer ago than the retention', async () => {
  const database = await migratedDatabase(notes);
  const sink = database.sink(notes);
  await sink.load(aBatch([{}, { sentAt: noon - dayMs }]));
  await age(database, 34);
  expect(await sink.keepLedger(35)).toEqual({ detached: [], dropped: [], busy: false });
  await age(database, 36);
  expect(await sink.keepLedger(35)).toEqual({ detached: [yesterday, day], dropped: [yesterday, day], busy: false });
  expect(await names(database)).toHaveLength(3);
});

test('an old day that a message of late made anew is kept for that message’s sake', async () => {
  const database = await migratedDatabase(notes);
  const sink = database.sink(notes);
  await sink.load(aBatch([{}]));
  await age(database, 400);
  await sink.keepLedger(35);
  const again = aBatch([{}]);
  expect(await sink.load(again)).toMatchObject({ rows: 1 });
  expect(await sink.keepLedger(35)).toEqual({ detached: [], dropped: [], busy: false });
  expect(await sink.load(again)).toMatchObject({ rows: 0, duplicates: 1 });
});

test('what was only detached still counts: it is attached again by a message of its day, and then dropped with care', async () => {
  const database = await migratedDatabase(notes);
  const sink = database.sink(notes);
  const known = aBatch([{}]);
  await sink.load(known);
  await database.sql('alter table masque.ledger detach partition masque.ledger_20250115');
  // By hand, and while what it holds is of late: not dropped.
  expect(await sink.keepLedger(35)).toEqual({ detached: [], dropped: [], busy: false });
  expect(await sink.load(known)).toMatchObject({ duplicates: 1 });
  await age(database, 36);
  expect(await sink.keepLedger(35)).toMatchObject({ dropped: [day] });
});

test('a load under way in an old day is waited for briefly, then left alone; nothing it placed is forgotten', async () => {
  const database = await migratedDatabase(notes);
  const sink = database.sink(notes);
  await sink.load(aBatch([{}]));
  await age(database, 36);
  const loading = await loadUnderWay(database);
  expect(await sink.keepLedger(35)).toEqual({ detached: [], dropped: [], busy: true });
  await loading.query('commit');
  expect(await sink.keepLedger(35)).toEqual({ detached: [], dropped: [], busy: false });
  expect(await database.sql('select count(*)::int as known from masque.ledger')).toEqual([{ known: 2 }]);
});

test('a load that commits while its old day is about to go keeps it', async () => {
  const database = await migratedDatabase(notes);
  const sink = database.sink(notes);
  await sink.load(aBatch([{}]));
  await age(database, 36);
  const loading = await loadUnderWay(database);
  const over = new AbortController();
  const keeping = sink.keepLedger(35).finally(() => over.abort());
  const waits =
    'select count(*)::int as waits from pg_stat_activity where application_name = $1 and wait_event_type = $2';
  const isWaiting = async (): Promise<boolean> => {
    const [seen] = await database.sql<{ waits: number }>(waits, [database.name, 'Lock']);
    return seen?.waits === 1;
  };
  while (!over.signal.aborted && !(await isWaiting())) await sleep(5);
  await loading.query('commit');
  // Whether in time, or given up before: the entry is in sight.
  expect(await keeping).toMatchObject({ detached: [], dropped: [] });
  expect(await database.sql('select count(*)::int as known from masque.ledger')).toEqual([{ known: 2 }]);
});

test('whoever reads the ledger for long stalls the retirement, and the retirement stalls no load', async () => {
  const database = await migratedDatabase(notes);
  const sink = database.sink(notes);
  await sink.load(aBatch([{}]));
  await age(database, 36);
  const reading = await database.session();
  await reading.query('begin; select count(*) from masque.ledger');
  const keeping = sink.keepLedger(35);
  const began = performance.now();
  await sink.load(aBatch([{ sentAt: noon + dayMs }]));
  // A lock_timeout is 200 ms; without one the load would wait as long as the reader reads.
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(await keeping).toMatchObject({ detached: [], busy: true });
  await reading.query('commit');
  expect(await sink.keepLedger(35)).toMatchObject({ detached: [day], dropped: [day] });
});

test('loaders at once retire each day once', async () => {
  const { database, sinks } = await crowd();
  const upkeeps = await Promise.all(sinks.map((sink) => sink.keepLedger(30)));
  expect(upkeeps.flatMap((upkeep) => upkeep.dropped).sort()).toEqual(oldDays.map((sentAt) => utcDay(sentAt)).sort());
  expect(await names(database)).toHaveLength(3);
});

test('loads of old days go on meanwhile, and none of them is forgotten', async () => {
  const { sinks } = await crowd();
  const late = oldDays.map((sentAt) => aBatch([{ sentAt }]));
  await Promise.all([
    ...sinks.map((sink) => sink.keepLedger(30)),
    // As the loader does: a day that was made for a batch and dropped again before its insert is made once more.
    ...late.map((batch, at) => retry(async () => sinks[at % 3]?.load(batch))),
  ]);
  for (const batch of late) expect(await sinks[0]?.load(batch)).toMatchObject({ duplicates: 1 });
});

test('no caller can make the ledger forget sooner', async () => {
  const database = await migratedDatabase(notes);
  const sink = createPostgresSink({ databaseUrl: database.url, target: notes, connections: 1, name: 'hasty' });
  await sink.load(aBatch([{}]));
  await age(database, 10);
  await expect(sink.keepLedger(29)).rejects.toMatchObject({ details: { sqlstate: '22023' } });
  await expect(database.sql('select masque.retire_ledger_day(null)')).rejects.toMatchObject({ code: '22023' });
  await sink.close();
});
