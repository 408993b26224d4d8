import { Fault } from '@masque/fault';
import { type Unfitness, unfitColumns } from './column-fit.ts';
import { latestMigration } from './migrate.ts';
import type { Pool } from './pool.ts';
import { needs, ownNeeds } from './privileges.ts';
import { missingPrivilegesSql } from './sql/missing-privileges.ts';
import { findTable, readColumns, type TargetTable } from './target-table.ts';
import type { Target } from './target.ts';

/**
 * Everything that would refuse every batch, looked at once, before the first: a server that takes no writes,
 * migrations, the table, privileges (src/privileges.ts lists them), columns, types, widths.
 * @throws {Fault} of the first kind found, naming all that is wrong of that kind
 */
export async function checkTarget(pool: Pool, target: Target): Promise<void> {
  await checkWritable(pool);
  await checkMigrationsTable(pool);
  const table = await findTable(pool, target.table);
  await checkPrivileges(pool, target, table);
  await checkMigrated(pool);
  const unfit = unfitColumns(target, await readColumns(pool, table));
  const [first] = unfit;
  if (first !== undefined) {
    const kinds = new Set(unfit.map(({ kind }) => kind));
    const list = unfit.map(({ words }) => `  - ${words}\n`).join('');
    throw new Fault(first.kind, `the table ${target.table} does not fit the pipeline ${target.name}:\n${list}`, {
      heals: false,
      setting: 'DATABASE_URL',
      advice: [...kinds].map((kind) => advice[kind]).join(' '),
    });
  }
  if (table.unlogged) {
    throw new Fault('table_unlogged', `the table ${target.table} is unlogged`, {
      heals: false,
      setting: 'DATABASE_URL',
      advice:
        'A crash of the server would empty it, after its messages were deleted from SQS. Have its owner run `alter table … set logged`.',
    });
  }
}

const advice: Readonly<Record<Unfitness, string>> = {
  column_missing: 'Have the table’s owner add the column, or take it out of the pipeline’s definition.',
  column_type_differs: 'Give the column in the pipeline’s definition the type that the table has, or change the table.',
  column_too_short:
    'Ways out: for columns of tokens `masque migrate --widen`, which makes them text and rewrites nothing; or have the owner do the same; or use a masking method with shorter tokens, or narrower types in the definition. Masque never cuts a value.',
  column_unfed: 'Feed the column in the pipeline’s definition, or have the owner give it a default or let it be null.',
};

async function checkWritable(pool: Pool): Promise<void> {
  const [row] = await pool.query<{ readonly refuses: boolean }>({
    text: `select pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as refuses`,
  });
  if (row?.refuses === true) {
    throw new Fault('postgres_read_only', 'PostgreSQL takes no writes: it is a standby or set read-only', {
      heals: true,
      setting: 'DATABASE_URL',
      advice: 'Point the URL at the primary.',
    });
  }
}

/** Before privileges, as there is nothing to grant on what is not there. */
async function checkMigrationsTable(pool: Pool): Promise<void> {
  const [found] = await pool.query({
    text: `select from pg_class join pg_namespace on pg_namespace.oid = relnamespace
           where nspname = 'masque' and relname = 'migrations'`,
  });
  if (found === undefined) throw notMigrated('not in the database');
}

async function checkMigrated(pool: Pool): Promise<void> {
  const [applied] = await pool.query<{ readonly version: number | null }>({
    text: 'select max(version) as version from masque.migrations',
  });
  if ((applied?.version ?? 0) < latestMigration()) throw notMigrated('of an older release');
}

function notMigrated(what: string): Fault {
  return new Fault('not_migrated', `Masque’s own tables are ${what}`, {
    heals: false,
    setting: 'DATABASE_URL',
    advice: 'Run `masque migrate`.',
  });
}

async function checkPrivileges(pool: Pool, target: Target, table: TargetTable): Promise<void> {
  const hasVault = target.columns.some(({ vault }) => vault === true);
  const missing = await pool.query<{ readonly missing: string }>({
    text: missingPrivilegesSql,
    values: [
      table.oid,
      target.columns.map(({ name }) => name),
      JSON.stringify(ownNeeds('loader').filter(({ name }) => name !== 'vault' || hasVault)),
      needs.loader.functions,
    ],
  });
  if (missing.length === 0) return;
  const list = missing.map((privilege) => `  - ${privilege.missing}\n`).join('');
  throw new Fault('privilege_missing', `this database user lacks\n${list}`, {
    heals: false,
    setting: 'DATABASE_URL',
    advice:
      'Have the owner run `masque migrate --roles` and grant this user the role masque_loader, or grant them one by one.',
  });
}
