import { readdirSync, readFileSync } from 'node:fs';
import { Fault } from '@masque/fault';
import { grantRoles } from './grant-roles.ts';
import { quote, quoteTable } from './identifier.ts';
import { createPool, type Pool } from './pool.ts';
import type { Target } from './target.ts';

export interface MigrateOptions {
  readonly databaseUrl: string;
  readonly target: Target;
  /** Make token columns that are too short `text`. */
  readonly widen?: boolean;
  /** Create roles of least privilege whose names begin so, or bring their grants up to date. */
  readonly rolePrefix?: string;
}

export interface MigrateReport {
  /** Migrations applied now, by file name. */
  readonly applied: readonly string[];
  readonly createdTable: boolean;
  /** Columns made `text`. */
  readonly widened: readonly string[];
  /** Roles whose grants are as they should be; only where they were asked for. */
  readonly roles?: readonly string[];
}

const folder = new URL('../migrations/', import.meta.url);

interface Migration {
  readonly version: number;
  readonly file: string;
}

/** `migrations/0001-words.sql`, in order. A file that has been released is never changed, only followed. */
function migrations(): Migration[] {
  return readdirSync(folder)
    .flatMap((file) => {
      const version = /^(\d{4})-.*\.sql$/.exec(file)?.[1];
      return version === undefined ? [] : [{ version: Number(version), file }];
    })
    .sort((a, b) => a.version - b.version);
}

export function latestMigration(): number {
  return migrations().at(-1)?.version ?? 0;
}

/**
 * Creates what is missing: Masque's own tables in the schema `masque`, and the pipeline's table. An existing table is
 * left as it is, unless `widen` says otherwise. One transaction, one migrator at a time: all or nothing.
 */
export async function migrate(options: MigrateOptions): Promise<MigrateReport> {
  const pool = createPool({ databaseUrl: options.databaseUrl, name: 'masque-migrate', connections: 1 });
  try {
    return await pool.transaction(async (query) => {
      await query({ text: `select pg_advisory_xact_lock(hashtext('masque.migrate'))` });
      const applied = await applyMigrations(query);
      const createdTable = await createTable(query, options.target);
      const widened = options.widen === true ? await widen(query, options.target) : [];
      const report = { applied, createdTable, widened };
      if (options.rolePrefix === undefined) return report;
      return { ...report, roles: await grantRoles(query, options.target, options.rolePrefix) };
    });
  } finally {
    await pool.close();
  }
}

async function applyMigrations(query: Pool['query']): Promise<string[]> {
  await query({ text: 'create schema if not exists masque' });
  await query({
    text: `create table if not exists masque.migrations
             (version integer primary key, file text not null, applied_at timestamptz not null default now())`,
  });
  const [last] = await query<{ readonly version: number }>({
    text: 'select coalesce(max(version), 0) as version from masque.migrations',
  });
  const done = last?.version ?? 0;
  if (done > latestMigration()) {
    throw new Fault(
      'database_newer',
      `the database is at migration ${done}, newer than this release’s ${latestMigration()}`,
      {
        heals: false,
        setting: 'DATABASE_URL',
        advice: 'Use the release that migrated it, or a newer one.',
      },
    );
  }
  const pending = migrations().filter(({ version }) => version > done);
  for (const { version, file } of pending) {
    await query({ text: readFileSync(new URL(file, folder), 'utf8') });
    await query({ text: 'insert into masque.migrations (version, file) values ($1, $2)', values: [version, file] });
  }
  return pending.map(({ file }) => file);
}

async function createTable(query: Pool['query'], target: Target): Promise<boolean> {
  const table = quoteTable(target.table);
  const [found] = await query<{ readonly there: boolean }>({
    text: 'select to_regclass($1) is not null as there',
    values: [table],
  });
  if (found?.there === true) return false;
  const [schema, name] = target.table.split('.');
  if (schema !== undefined && name !== undefined) {
    await query({ text: `create schema if not exists ${quote(schema)}` });
  }
  const columns = target.columns.map(({ name, type }) => `${quote(name)} ${type}`);
  await query({ text: `create table ${table} (${columns.join(', ')})` });
  return true;
}

/** Widening varchar to text rewrites nothing (64 ms on 300,000 rows) but locks the table for that moment. */
async function widen(query: Pool['query'], target: Target): Promise<string[]> {
  const table = quoteTable(target.table);
  const tokens = new Map(target.columns.map(({ name, tokenLength }) => [name, tokenLength]));
  const columns = await query<{ readonly name: string; readonly width: number }>({
    text: `select attname as name, atttypmod - 4 as width from pg_attribute
           where attrelid = to_regclass($1) and atttypid = 'varchar'::regtype and atttypmod > 0 and not attisdropped`,
    values: [table],
  });
  const short = columns.filter(({ name, width }) => width < (tokens.get(name) ?? 0)).map(({ name }) => name);
  if (short.length > 0) {
    const actions = short.map((name) => `alter column ${quote(name)} type text`);
    try {
      await query({ text: `alter table ${table} ${actions.join(', ')}` });
    } catch (error) {
      throw isInUse(error) ? inUse(target.table) : error;
    }
  }
  return short;
}

/** "cannot alter type of a column used by a view or rule" comes as 0A000, feature_not_supported. */
function isInUse(error: unknown): boolean {
  return error instanceof Fault && error.details['sqlstate'] === '0A000';
}

function inUse(table: string): Fault {
  return new Fault('column_in_use', `PostgreSQL widens no column of ${table} while a view, rule or trigger uses it`, {
    heals: false,
    setting: '--widen',
    advice: 'Drop what uses it, run this again, create it again.',
  });
}
