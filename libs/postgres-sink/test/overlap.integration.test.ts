import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SinkBatch } from '../src/index.ts';
import { aBatch, dayMs, migratedDatabase, noon, notes, type OwnDatabase } from './own-database.ts';

const loaders = 6;

/** How many copies of each message are in the table and in quarantine; all must be 1. */
async function copies({ sql }: OwnDatabase): Promise<Map<string, number>> {
  const rows = await sql<{ readonly id: string; readonly copies: string }>(
    `select id, count(*)::int as copies
     from (select words as id from notes union all select message_id from masque.quarantine) as placed group by id`,
  );
  return new Map(rows.map(({ id, copies }) => [id, Number(copies)]));
}

async function deadlocks({ sql, name }: OwnDatabase): Promise<number> {
  await sql('select pg_stat_force_next_flush()');
  const [row] = await sql('select deadlocks::int from pg_stat_database where datname = $1', [name]);
  return Number(row?.['deadlocks']);
}

/** A batch that can be recognised in the table: a message's words are its id. */
const batchOf = (
  ids: readonly string[],
  isReject: (id: string) => boolean,
  sentAt: (id: string) => number,
): SinkBatch =>
  aBatch(
    ids.map((messageId) => ({
      messageId,
      words: messageId,
      sentAt: sentAt(messageId),
      ...(isReject(messageId) ? { reason: 'not_json' } : {}),
    })),
  );

test('many loaders with overlapping batches: every message exactly once, nobody deadlocks, every report adds up', async () => {
  const database = await migratedDatabase(notes);
  const sinks = Array.from({ length: loaders }, () => database.sink(notes, { connections: 2 }));
  const placed = new Map<string, number>();

  // Places in a common pool of messages; each loader gets batches that pick from it in an order of its own, repeats too.
  const batch = fc.array(fc.nat(79), { minLength: 1, maxLength: 80 });
  const batchesOfLoaders = fc.array(fc.array(batch, { minLength: 1, maxLength: 3 }), {
    minLength: loaders,
    maxLength: loaders,
  });
  await fc.assert(
    fc.asyncProperty(batchesOfLoaders, async (plan) => {
      const ids: string[] = Array.from({ length: 80 }, () => randomUUID());
      const isReject = (id: string): boolean => ids.indexOf(id) % 7 === 0;
      const sentAt = (id: string): number => noon + (ids.indexOf(id) % 2) * dayMs;
      const reports = await Promise.all(
        plan.flatMap((batches, loader) =>
          batches.map(async (places) => {
            const chosen = places.map((place) => ids[place] ?? '');
            const report = await sinks[loader]?.load(batchOf(chosen, isReject, sentAt));
            if (report === undefined) throw new Error('no such loader');
            const added = report.rows + Object.values(report.rejects).reduce((sum, count) => sum + count, 0);
            expect(added + report.duplicates).toBe(places.length);
            return added;
          }),
        ),
      );
      const wanted = new Set(plan.flat(2).map((place) => ids[place] ?? ''));
      expect(reports.reduce((sum, count) => sum + count)).toBe(wanted.size);
      for (const id of wanted) placed.set(id, 1);
      expect(await copies(database)).toEqual(placed);
    }),
    { numRuns: 25 },
  );
  expect(await deadlocks(database)).toBe(0);
  expect(placed.size).toBeGreaterThan(500);
});

test('large batches of the same messages in opposite orders do not deadlock', async () => {
  const database = await migratedDatabase(notes);
  const ids = Array.from({ length: 2_000 }, () => randomUUID());
  const sinks = Array.from({ length: loaders }, () => database.sink(notes));
  const orders = [ids, ids.toReversed(), ids.toSorted(), ids.toSorted().toReversed()];
  const reports = await Promise.all(
    sinks.map((sink, loader) =>
      sink.load(
        batchOf(
          orders[loader % 4] ?? ids,
          () => false,
          () => noon,
        ),
      ),
    ),
  );
  expect(reports.map(({ rows }) => rows).reduce((sum, rows) => sum + rows)).toBe(ids.length);
  expect(await deadlocks(database)).toBe(0);
  expect(await copies(database)).toEqual(new Map(ids.map((id) => [id, 1])));
});

test('loaders that meet new days together make each partition once', async () => {
  const database = await migratedDatabase(notes);
  const sinks = Array.from({ length: loaders }, () => database.sink(notes));
  // Connected beforehand, so that they do meet.
  await Promise.all(sinks.map((sink) => sink.check()));
  const sentAt = Array.from({ length: 5 }, (_, day) => ({ sentAt: noon + day * dayMs }));
  await Promise.all(sinks.map((sink) => sink.load(aBatch(sentAt))));
  const partitions = await database.sql(
    `select inhrelid::regclass::text as partition from pg_inherits where inhparent = 'masque.ledger'::regclass order by 1`,
  );
  expect(partitions.map(({ partition }) => partition)).toEqual(
    ['15', '16', '17', '18', '19'].map((day) => `masque.ledger_202501${day}`),
  );
  expect(await database.sql('select from notes')).toHaveLength(loaders * sentAt.length);
});

test('a loader that waits for another’s message takes it when that one gives up, and skips it when it commits', async () => {
  const database = await migratedDatabase(notes);
  const [kept, undone] = [randomUUID(), randomUUID()];
  const sink = database.sink(notes);
  await sink.load(aBatch([{ id: -1 }]));
  const other = await database.session();

  for (const [messageId, end, rows] of [
    [kept, 'commit', 0],
    [undone, 'rollback', 1],
  ] as const) {
    await other.query('begin');
    await other.query(`insert into masque.ledger values ($1, '2025-01-15', 'notes')`, [messageId]);
    const load = sink.load(aBatch([{ messageId }]));
    await waiting(database);
    await other.query(end);
    expect(await load).toMatchObject({ rows, duplicates: 1 - rows });
  }
});

/** Resolves when somebody in this database waits for another's transaction; PostgreSQL announces that nowhere. */
async function waiting({ sql, name }: OwnDatabase): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
    const found = await sql(
      `select from pg_stat_activity where datname = $1 and wait_event_type = 'Lock' and wait_event = 'transactionid'`,
      [name],
    );
    if (found.length > 0) return;
  }
  throw new Error('nobody came to wait');
}
