import { randomUUID } from 'node:crypto';
import { packTexts } from '@masque/handoff';
import { createDatabase, dropDatabase, uniqueName } from '@masque/local-stack/testing';
import { Client } from 'pg';
import { inject, onTestFinished } from 'vitest';
import {
  type Cell,
  createPostgresSink,
  migrate,
  type PostgresSink,
  type PostgresSinkOptions,
  type SinkBatch,
  type Target,
} from '../src/index.ts';

export interface OwnDatabase {
  readonly name: string;
  readonly url: string;
  /** As the database's owner, on a connection of the test's own. */
  readonly sql: <Row extends object = Record<string, unknown>>(text: string, values?: unknown[]) => Promise<Row[]>;
  readonly sink: (target: Target, options?: Partial<PostgresSinkOptions>) => PostgresSink;
  /** A further connection of the owner's, to hold locks and transactions on. */
  readonly session: () => Promise<Client>;
  /** A login role of no rights, and the URL with which it connects. */
  readonly createRole: () => Promise<{ readonly role: string; readonly url: string }>;
}

/** A database that is this test's alone and goes with it, sinks first. */
export async function ownDatabase(): Promise<OwnDatabase> {
  const stack = inject('stack').postgresUrl;
  const name = uniqueName('sink');
  const url = await createDatabase(stack, name);
  onTestFinished(() => dropDatabase(stack, name));

  const session = async (): Promise<Client> => {
    const client = new Client(url);
    client.on('error', () => {});
    await client.connect();
    // The stack's user is called masque, and so would find and make tables in Masque's own schema first.
    await client.query('set search_path = public');
    onTestFinished(() => client.end());
    return client;
  };
  const own = await session();
  let last: Promise<unknown> = Promise.resolve();
  // One at a time, as pg wants it.
  const sql: OwnDatabase['sql'] = (text, values) => {
    const result = last.then(async () => (await own.query(text, values)).rows as never);
    last = result.catch(() => {});
    return result;
  };
  return {
    name,
    url,
    sql,
    session,
    sink(target, options = {}) {
      const sink = createPostgresSink({ databaseUrl: url, target, connections: 2, name, ...options });
      onTestFinished(() => sink.close());
      return sink;
    },
    async createRole() {
      const role = uniqueName('role');
      await sql(`create role ${role} login password 'secret'`);
      onTestFinished(async () => {
        await sql(`drop owned by ${role}`);
        await sql(`drop role ${role}`);
      });
      const login = new URL(url);
      login.username = role;
      login.password = 'secret';
      return { role, url: login.href };
    },
  };
}

/** The same, with Masque's tables and the target. */
export async function migratedDatabase(target: Target = logins): Promise<OwnDatabase> {
  const database = await ownDatabase();
  await migrate({ databaseUrl: database.url, target });
  return database;
}

/** The shipped pipeline's table, as libs/pipeline hands it over. */
export const logins: Target = {
  name: 'user-logins',
  table: 'user_logins',
  columns: [
    { name: 'user_id', type: 'varchar(128)' },
    { name: 'device_type', type: 'varchar(32)' },
    { name: 'masked_ip', type: 'text', tokenLength: 524 },
    { name: 'masked_device_id', type: 'text', tokenLength: 524 },
    { name: 'locale', type: 'varchar(32)' },
    { name: 'app_version', type: 'integer' },
    { name: 'create_date', type: 'date' },
  ],
};

/** The challenge's own words. */
export const challengeTable = `CREATE TABLE IF NOT EXISTS user_logins(
  user_id varchar(128), device_type varchar(32), masked_ip varchar(256), masked_device_id varchar(256),
  locale varchar(32), app_version integer, create_date date)`;

/** A table of one column of each kind that a test may want to break. */
export const notes: Target = {
  name: 'notes',
  table: 'notes',
  columns: [
    { name: 'id', type: 'integer' },
    { name: 'words', type: 'text' },
  ],
};

/** Noon of a day that no test's clock has anything to do with. */
export const noon = Date.UTC(2025, 0, 15, 12);
export const dayMs = 86_400_000;

export interface Note {
  readonly messageId?: string;
  readonly sentAt?: number;
  readonly id?: Cell;
  readonly words?: Cell;
  /** Makes it a reject. */
  readonly reason?: string;
}

/** A batch for `notes`; ids are fresh unless given. */
export function aBatch(each: readonly Note[]): SinkBatch {
  const messages = each.map((note, at) => ({ messageId: randomUUID() as string, sentAt: noon, ...note, at }));
  const rows = messages.filter(({ reason }) => reason === undefined);
  return {
    messageIds: messages.map(({ messageId }) => messageId),
    sentAt: messages.map(({ sentAt }) => sentAt),
    receivedAt: noon + 1_500,
    rows: rows.map(({ at }) => at),
    columns: {
      id: rows.map(({ id, at }) => (id === undefined ? at : id)),
      words: rows.map(({ words }) => words ?? null),
    },
    rejects: messages.flatMap(({ at, reason }) =>
      reason === undefined
        ? []
        : [{ at, reason, fields: ['ip', 'device id'], body: Buffer.from(`sealed ${at}`).toString('base64') }],
    ),
  };
}

/** The same batch of notes with its texts packed. */
export function packed(batch: SinkBatch): SinkBatch {
  const words = batch.columns['words'] as readonly (string | null)[];
  return { ...batch, columns: { ...batch.columns, words: packTexts(words) } };
}
