import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { createDatabase, dropDatabase, uniqueName } from '@masque/local-stack/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { changed, type FirstStart, plantedPassword, prepareFirstStart } from '../src/first-start.ts';

const stack = inject('stack');
const masque = resolve(import.meta.dirname, '../../cli/bin/masque.js');

let first: FirstStart;
beforeAll(async () => {
  first = await prepareFirstStart(stack);
});
afterAll(() => first[Symbol.asyncDispose]());

interface OwnDatabase {
  readonly url: string;
  sql(text: string): Promise<unknown>;
  /** The command line's `migrate`, as a person gives it. */
  migrate(...flags: readonly string[]): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

async function openDatabase(): Promise<OwnDatabase> {
  const name = uniqueName('table');
  const url = await createDatabase(stack.postgresUrl, name);
  const client = new Client(url);
  await client.connect();
  return {
    url,
    sql: (text) => client.query(text),
    async migrate(...flags) {
      const env = { PATH: process.env['PATH'], DATABASE_URL: url };
      return (await promisify(execFile)(process.execPath, [masque, 'migrate', ...flags], { env })).stdout;
    },
    async [Symbol.asyncDispose]() {
      await client.end();
      await dropDatabase(stack.postgresUrl, name);
    },
  };
}

async function expectLoaderStarts(databaseUrl: string): Promise<void> {
  await using run = first.start('loader', { DATABASE_URL: databaseUrl });
  await run.whenReady();
  expect(await run.stop()).toBe(0);
  expect(run.faults()).toEqual([]);
}

/** As the challenge words it. */
const challengeTable = `create table user_logins (user_id varchar(128), device_type varchar(32), masked_ip varchar(256),
  masked_device_id varchar(256), locale varchar(32), app_version integer, create_date date)`;

describe.concurrent('the loader', () => {
  it('that finds no table says how to make it, and starts once it is made', async () => {
    await using database = await openDatabase();
    expect(await first.expectRefusal('loader', { DATABASE_URL: database.url })).toMatchObject({
      code: 'not_migrated',
      setting: 'DATABASE_URL',
      advice: expect.stringContaining('`masque migrate`'),
    });
    expect(await database.migrate()).toMatch(/^(applied \d{4}-.*\n)+created the table user_logins\n$/);
    await expectLoaderStarts(database.url);
  });

  it('that finds columns too short names them, widths, needed lengths and ways out, and starts once they are wider', async () => {
    await using database = await openDatabase();
    await database.sql(challengeTable);
    await database.migrate();
    const fault = await first.expectRefusal('loader', { DATABASE_URL: database.url });
    expect(fault).toMatchObject({ code: 'column_too_short', setting: 'DATABASE_URL' });
    for (const column of ['masked_ip', 'masked_device_id']) {
      expect(fault['message']).toMatch(new RegExp(`^ {2}- .*\\b${column}\\b.*\\b256\\b.*\\b524\\b`, 'm'));
    }
    expect(fault['advice']).toContain('`masque migrate --widen`');
    expect(await database.migrate('--widen')).toBe(
      'widened user_logins.masked_ip to text\nwidened user_logins.masked_device_id to text\n',
    );
    await expectLoaderStarts(database.url);
    expect(await database.migrate('--widen')).toBe('nothing to do\n');
  });

  it('that lacks privileges names all of them, and starts with exactly those', async () => {
    await using database = await openDatabase();
    await database.migrate();
    const role = uniqueName('role');
    await database.sql(`create role ${role} login password '${plantedPassword}'`);
    try {
      const url = changed(database.url, (login) => Object.assign(login, { username: role, password: plantedPassword }));
      const fault = await first.expectRefusal('loader', { DATABASE_URL: url });
      expect(fault).toMatchObject({ code: 'privilege_missing', setting: 'DATABASE_URL' });
      const lacking = [...String(fault['message']).matchAll(/^ {2}- (.*)$/gm)].map(([, right = '']) => right);
      expect(lacking).toContainEqual(expect.stringMatching(/^INSERT .*on user_logins$/));
      for (const right of lacking) await database.sql(`grant ${right} to ${role}`);
      await expectLoaderStarts(url);
    } finally {
      await database.sql(`drop owned by ${role}; drop role ${role}`);
    }
  });
});
