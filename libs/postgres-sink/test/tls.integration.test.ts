import { startTlsFronts, type TlsFront, type TlsFronts } from '@masque/local-stack/testing';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { aBatch, migratedDatabase, notes, packed } from './own-database.ts';

let fronts: TlsFronts;

beforeAll(async () => {
  fronts = await startTlsFronts({ port: Number(new URL(inject('stack').postgresUrl).port), speaks: 'postgres' });
});

afterAll(() => fronts[Symbol.asyncDispose]());

const over = (url: string, front: TlsFront, search = `sslrootcert=${fronts.authority.file}`): string => {
  const secure = new URL(url);
  secure.hostname = 'localhost';
  secure.port = String(front.port);
  secure.search = `sslmode=verify-full&${search}`;
  return secure.href;
};

test('sslmode=verify-full reaches PostgreSQL with the user’s password, and nothing of it goes in clear', async () => {
  const database = await migratedDatabase(notes);
  const sink = database.sink(notes, { databaseUrl: over(database.url, fronts.good) });
  await sink.check();
  const batch = aBatch([{ words: 'SENTINEL' }]);
  for (const each of [batch, packed(aBatch([{ words: `SENTINEL ${'x'.repeat(100_000)}` }]))]) {
    expect(await sink.load(each)).toMatchObject({ rows: 1 });
  }
  expect(await database.sql('select length(words) from notes order by 1')).toEqual([
    { length: 8 },
    { length: 100_009 },
  ]);
  const wire = fronts.good.heard().toString('latin1');
  expect(wire.length).toBeGreaterThan(500);
  for (const secret of ['SENTINEL', 'SCRAM', 'application_name', database.name]) expect(wire).not.toContain(secret);
});

test.each([
  [
    'of another authority',
    'stranger',
    'SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER',
  ],
  ['of another host', 'wrongHost', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['that has expired', 'expired', 'CERT_HAS_EXPIRED'],
] as const)('a certificate %s is one clear fault, and nothing is sent', async (_, which, cause) => {
  const database = await migratedDatabase(notes);
  const sink = database.sink(notes, { databaseUrl: over(database.url, fronts[which]) });
  await expect(sink.check()).rejects.toMatchObject({
    code: 'postgres_tls',
    heals: false,
    setting: 'DATABASE_URL',
    advice: expect.stringContaining('sslrootcert'),
    details: { cause: expect.stringMatching(cause) },
  });
  expect(fronts[which].passed).toBe(0);
});

test('without sslrootcert a private authority is not trusted', async () => {
  const database = await migratedDatabase(notes);
  const sink = database.sink(notes, { databaseUrl: over(database.url, fronts.good, '') });
  const before = fronts.good.passed;
  await expect(sink.check()).rejects.toMatchObject({ code: 'postgres_tls' });
  expect(fronts.good.passed).toBe(before);
});
