import { Fault } from '@masque/fault';
import { quoteTable } from './identifier.ts';
import { latestMigration } from './migrate.ts';
import type { Pool } from './pool.ts';
import type { Target } from './target.ts';

/** A column as PostgreSQL has it. */
interface ActualColumn {
  readonly name: string;
  /** As `format_type` prints it: `character varying(256)`, `timestamp with time zone`. */
  readonly type: string;
  readonly required: boolean;
}

/**
 * Everything that would refuse every batch, looked at once, before the first: privileges, columns, types, widths.
 * @throws {Fault} the first kind found, naming all of its columns
 */
export async function checkTarget(pool: Pool, target: Target): Promise<void> {
  await checkWritable(pool);
  await checkMigrated(pool);
  const columns = await readColumns(pool, target);
  const faults = unfitColumns(target, columns);
  if (faults.length > 0) throw unfit(target, faults);
  await checkPrivileges(pool, target);
}

/** Columns of the target that cannot take what the pipeline gives, in words; empty when all fit. */
export function unfitColumns(target: Target, actual: readonly ActualColumn[]): string[] {
  const faults: string[] = [];
  const byName = new Map(actual.map((column) => [column.name, column]));
  for (const { name, type, tokenLength } of target.columns) {
    const column = byName.get(name);
    if (column === undefined) faults.push(`column ${name} is missing`);
    else if (tokenLength !== undefined) {
      if (widthOf(column.type) === undefined)
        faults.push(`column ${name} is ${column.type}, but holds tokens, which are text`);
      else if ((widthOf(column.type) ?? 0) < tokenLength) {
        faults.push(`column ${name} is ${column.type}, but its tokens have up to ${tokenLength} characters`);
      }
    } else if (!takes(column.type, type))
      faults.push(`column ${name} is ${column.type}, but the pipeline gives ${type}`);
  }
  const fed = new Set(target.columns.map(({ name }) => name));
  for (const { name, required } of actual) {
    if (required && !fed.has(name)) faults.push(`column ${name} must have a value, but the pipeline gives none`);
  }
  return faults;
}

function unfit(target: Target, faults: readonly string[]): Fault {
  const tooShort = faults.some((fault) => fault.includes('its tokens have up to'));
  return new Fault(
    'target_unfit',
    `the table ${target.table} does not fit the pipeline ${target.name}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}\n`,
    {
      heals: false,
      setting: 'DATABASE_URL',
      advice: tooShort
        ? 'Ways out: `masque migrate --widen` makes token columns text, which rewrites nothing; or have its owner do the same; or mask with a method whose tokens are shorter. Masque never cuts a token'
        : 'Change the table or the pipeline’s definition',
    },
  );
}

/** Characters a text type holds; undefined for other types. */
function widthOf(type: string): number | undefined {
  if (type === 'text' || type === 'character varying') return Infinity;
  const width = /^character varying\((\d+)\)$/.exec(type)?.[1];
  return width === undefined ? undefined : Number(width);
}

/** Does a column of type `actual` hold every value of type `given`? */
function takes(actual: string, given: string): boolean {
  const givenWidth = given === 'text' ? Infinity : Number(/^varchar\((\d+)\)$/.exec(given)?.[1] ?? Number.NaN);
  const actualWidth = widthOf(actual);
  if (!Number.isNaN(givenWidth)) return actualWidth !== undefined && actualWidth >= givenWidth;
  const wider: Readonly<Record<string, readonly string[]>> = {
    smallint: ['integer', 'bigint', 'numeric'],
    integer: ['bigint', 'numeric'],
    bigint: ['numeric'],
    timestamptz: ['timestamp with time zone'],
  };
  return actual === given || (wider[given] ?? []).includes(actual);
}

async function readColumns(pool: Pool, target: Target): Promise<ActualColumn[]> {
  const columns = await pool.query<ActualColumn>({
    text: `select attname as name, format_type(atttypid, atttypmod) as type,
                  attnotnull and not atthasdef and attidentity = '' and attgenerated = '' as required
           from pg_attribute
           where attrelid = to_regclass($1) and attnum > 0 and not attisdropped
           order by attnum`,
    values: [quoteTable(target.table)],
  });
  if (columns.length > 0) return columns;
  throw new Fault('table_missing', `the table ${target.table} is not in the database`, {
    heals: false,
    setting: 'DATABASE_URL',
    advice: 'Run `masque migrate`, which creates it, or create it yourself.',
  });
}

async function checkWritable(pool: Pool): Promise<void> {
  const [row] = await pool.query<{ readonly standby: boolean }>({
    text: `select pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as standby`,
  });
  if (row?.standby === true) {
    throw new Fault('postgres_read_only', 'PostgreSQL takes no writes: it is a standby or set read-only', {
      heals: true,
      setting: 'DATABASE_URL',
      advice: 'Point the URL at the primary.',
    });
  }
}

async function checkMigrated(pool: Pool): Promise<void> {
  const [found] = await pool.query<{ readonly there: boolean }>({
    text: `select to_regclass('masque.migrations') is not null as there`,
  });
  const [applied] =
    found?.there === true
      ? await pool.query<{ readonly version: number | null }>({
          text: 'select max(version) as version from masque.migrations',
        })
      : [];
  if ((applied?.version ?? 0) >= latestMigration()) return;
  throw new Fault('not_migrated', 'Masque’s own tables are not in the database, or of an older release', {
    heals: false,
    setting: 'DATABASE_URL',
    advice: 'Run `masque migrate`.',
  });
}

async function checkPrivileges(pool: Pool, target: Target): Promise<void> {
  const table = quoteTable(target.table);
  const missing = await pool.query<{ readonly privilege: string; readonly relation: string }>({
    text: `select privilege, relation from (values
             ($1, 'INSERT'), ('masque.ledger', 'INSERT'), ('masque.quarantine', 'INSERT'), ('masque.keys', 'INSERT'),
             ('masque.keys', 'SELECT')) as needed (relation, privilege)
           where not has_any_column_privilege(relation, privilege)
           union all
           select 'EXECUTE', 'masque.ensure_ledger_day'
           where not has_function_privilege('masque.ensure_ledger_day(date)', 'EXECUTE')`,
    values: [table],
  });
  if (missing.length === 0) return;
  const list = missing.map(({ privilege, relation }) => `${privilege} on ${relation}`).join(', ');
  throw new Fault('privilege_missing', `this database user lacks ${list}`, {
    heals: false,
    setting: 'DATABASE_URL',
    advice: 'Grant them, or give a user that has them.',
  });
}
