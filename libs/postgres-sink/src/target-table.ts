import { Fault } from '@masque/fault';
import { quoteTable } from './identifier.ts';
import type { Pool } from './pool.ts';

/** A column as PostgreSQL has it. */
export interface ActualColumn {
  readonly name: string;
  /** As `format_type` prints it: `character varying(256)`, `timestamp with time zone`; of a domain, what it is over. */
  readonly type: string;
  /** It must have a value and has none of its own. */
  readonly required: boolean;
  /** The database alone gives its value. */
  readonly generated: boolean;
}

export interface TargetTable {
  readonly oid: number;
  /** Its rows do not survive a crash of the server. */
  readonly unlogged: boolean;
  readonly isView: boolean;
}

/**
 * Looks the table up in the catalogs, which everybody may read: `to_regclass` would fail, without saying for what, on
 * a schema that this user may not use.
 * @throws {Fault} `table_missing`
 */
export async function findTable(pool: Pool, table: string): Promise<TargetTable> {
  const [name = '', schema] = table.split('.').toReversed();
  const [found] = await pool.query<TargetTable>({
    text: `select oid::int8::float8 as oid, relpersistence = 'u' as unlogged, relkind = 'v' as "isView"
           from pg_class
           where relkind in ('r', 'p', 'v', 'f')
             and case when $2::text is null then oid = to_regclass($3)
                 else relname = $1 and relnamespace = (select oid from pg_namespace where nspname = $2) end`,
    values: [name, schema, quoteTable(table)],
  });
  if (found !== undefined) return found;
  throw new Fault('table_missing', `the table ${table} is not in the database`, {
    heals: false,
    setting: 'DATABASE_URL',
    advice: 'Run `masque migrate`, which creates it, or create it yourself.',
  });
}

export function readColumns(pool: Pool, table: TargetTable): Promise<ActualColumn[]> {
  return pool.query({
    text: `select attname as name,
                  case typtype when 'd' then format_type(typbasetype, typtypmod) else format_type(atttypid, atttypmod) end as type,
                  (attnotnull or typnotnull) and not atthasdef and typdefault is null and attidentity = '' as required,
                  attgenerated <> '' or attidentity = 'a' as generated
           from pg_attribute join pg_type on pg_type.oid = atttypid
           where attrelid = $1 and attnum > 0 and not attisdropped
           order by attnum`,
    values: [table.oid],
  });
}
