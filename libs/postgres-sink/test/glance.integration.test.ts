import { expect, onTestFinished, test } from 'vitest';
import { createGlancer, type Glancer } from '../src/index.ts';
import { aBatch, notes } from './own-database.ts';
import { type OwnRoles, ownRoles } from './own-roles.ts';

/** As the dashboard's role sees it, which may read no body. */
async function glanced(): Promise<Pick<OwnRoles, 'database'> & { readonly glancer: Glancer }> {
  const { database, login } = await ownRoles(notes);
  const glancer = createGlancer({ databaseUrl: (await login('dashboard')).url, pipeline: notes.name });
  onTestFinished(() => glancer.close());
  return { database, glancer };
}

test('of an empty quarantine', async () => {
  const { glancer } = await glanced();
  expect(await glancer.look()).toEqual({ held: {}, heldIsCut: false, newest: [] });
});

test('reasons of what is held, and the newest entries, of this pipeline alone', async () => {
  const { database, glancer } = await glanced();
  const before = Date.now();
  await database.sink(notes).load(aBatch([{ words: 'a' }, { reason: 'not_json' }, { reason: 'not_json' }]));
  await database.sink(notes).load(aBatch([{ reason: 'wrong_kind' }, { id: 2 ** 40 }]));
  await database.sink({ ...notes, name: 'another' }).load(aBatch([{ reason: 'not_json' }]));
  await database.sql(`update masque.quarantine set status = 'replayed' where reason = 'wrong_kind'`);
  const { held, newest } = await glancer.look();
  expect(held).toEqual({ not_json: 2, refused_by_database: 1 });
  expect(newest).toHaveLength(4);
  expect(newest.map(({ reason, status, sqlstate }) => [reason, status, sqlstate])).toEqual(
    expect.arrayContaining([
      ['wrong_kind', 'replayed', null],
      ['refused_by_database', 'held', '22003'],
      ['not_json', 'held', null],
    ]),
  );
  expect(newest.slice(2).map(({ reason }) => reason)).toEqual(['not_json', 'not_json']);
  for (const { at } of newest) {
    expect(at).toBeGreaterThan(before - 60_000);
    expect(at).toBeLessThan(Date.now() + 60_000);
  }
});

test('twelve at most', async () => {
  const { database, glancer } = await glanced();
  await database.sink(notes).load(aBatch(Array.from({ length: 20 }, () => ({ reason: 'not_json' }))));
  const { held, newest } = await glancer.look();
  expect([held, newest.length]).toEqual([{ not_json: 20 }, 12]);
});
