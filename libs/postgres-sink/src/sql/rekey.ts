/**
 * Replaces the old key's tokens in a table by the new key's, a range of pages at a time.
 *
 * One UPDATE per token, as one would write it, scans the table each time unless its owner has an index on that column:
 * 0.7 s a token on a million rows of two RSA-3072 tokens (1.1 GB), two days for 300,000 different ones. An index made
 * for the purpose takes 14 s (hash: 5 s) in which no row can be inserted, and then visits the table in no order, once
 * for each column. So the table is walked instead, in the order of its pages, and each row meets the pairs of old and
 * new tokens in `masque.aliases`: 21,000 rows a second with both columns, about 50 s for all of it, and a row is
 * written once, not once a column. The translation by RSA takes ten times as long.
 *
 * - A range of pages by `ctid` is a TID range scan (PostgreSQL 14): it reads those pages and no others.
 * - A row is locked for one statement over 250 pages, a tenth of a second. Loaders only insert, so they never wait.
 * - The pairs are looked up by scalar subqueries, which PostgreSQL must run by the row: as a join it may choose to hash
 *   all of the pairs for each range, when its statistics are old, as those of a table that was just filled are.
 * - If the owner changes a row meanwhile, READ COMMITTED looks at its new version, whose ctid may lie outside of the
 *   range: that row is then left to the next pass.
 * - `only`: partitions and children are walked each by itself, as pages are theirs.
 *
 * The aliases' unique index is a hash index by way of an exclusion constraint: a B-tree refuses texts beyond 2,704
 * bytes, which a long siv token has, and took 2.4 times as long to fill with 300,000 RSA tokens. (On a column of the
 * million rows a B-tree had 198 MB, a hash index 32.)
 */
import { quote } from '../identifier.ts';

export const pagesAtOnce = 250;

const newToken = (text: string): string => `(select new_token from masque.aliases where old_token = ${text})`;

/** Parameters: $1 prefix of the old tokens, $2 first page, $3 page after the last. */
function inPages(table: string, column: string): string {
  return `select ${column} as token from only ${table}
  where ctid >= format('(%s,0)', $2::bigint)::tid and ctid < format('(%s,0)', $3::bigint)::tid
    and starts_with(${column}, $1)`;
}

/** Old tokens in a range of pages that have no alias yet. */
export function unaliasedSql(table: string, columns: readonly string[]): string {
  const cells = columns.map((column) => inPages(table, quote(column))).join('\n  union all ');
  return `select distinct token from (${cells}) as found where ${newToken('token')} is null`;
}

/** The same in rows that PostgreSQL had refused and that may still be inserted. Parameters: $1 prefix, $2 pipeline. */
export function unaliasedAsideSql(columns: readonly string[]): string {
  const cells = columns.map((_, at) => `(masked_row ->> $${at + 3})`).join(', ');
  return `select distinct token from masque.quarantine cross join unnest(array[${cells}]) as token
  where pipeline = $2 and masked_row is not null and starts_with(token, $1) and ${newToken('token')} is null`;
}

/** Parameters: $1 old tokens, $2 new tokens, $3 and $4 their kids. */
export const addAliasesSql = `insert into masque.aliases (old_token, new_token, from_kid, to_kid)
  select old_token, new_token, $3, $4 from unnest($1::text[], $2::text[]) as pairs (old_token, new_token)
  on conflict do nothing`;

/** As `inPages`, and answers how many rows it changed. */
export function rewriteSql(table: string, columns: readonly string[]): string {
  const names = columns.map((column) => quote(column));
  const set = names.map((name) => `${name} = coalesce(${newToken(`t.${name}`)}, t.${name})`).join(', ');
  const old = names.map((name) => `(starts_with(t.${name}, $1) and ${newToken(`t.${name}`)} is not null)`).join(' or ');
  return `with changed as (
  update only ${table} as t set ${set}
  where t.ctid >= format('(%s,0)', $2::bigint)::tid and t.ctid < format('(%s,0)', $3::bigint)::tid and (${old})
  returning 1
) select count(*)::float8 as rows from changed`;
}

/** Parameters: $1 prefix, $2 pipeline, $3… columns. */
export function rewriteAsideSql(columns: readonly string[]): string {
  const cells = columns.map((_, at) => `(masked_row ->> $${at + 3})`);
  const pairs = cells.map((cell, at) => `$${at + 3}::text, ${newToken(cell)}`).join(', ');
  const old = cells.map((cell) => `(starts_with(${cell}, $1) and ${newToken(cell)} is not null)`).join(' or ');
  return `with changed as (
  update masque.quarantine set masked_row = masked_row || jsonb_strip_nulls(jsonb_build_object(${pairs}))
  where pipeline = $2 and masked_row is not null and (${old})
  returning 1
) select count(*)::float8 as rows from changed`;
}

/** A column's old tokens. Parameter: $1 prefix. */
export function cellsSql(table: string, column: string): string {
  return `select ${quote(column)} as token from ${table} where starts_with(${quote(column)}, $1)`;
}

/** How many they are, and how many are different. Parameter: $1 prefix. */
export function oldTokensSql(table: string, column: string): string {
  return `select count(*)::float8 as values, count(distinct token)::float8 as distinct
  from (${cellsSql(table, column)}) as cells`;
}

/** Different values in a column, where an old and a new token of one value count once. */
export function distinctSql(table: string, column: string): string {
  return `select count(cell)::float8 as values, count(distinct coalesce(new_token, cell))::float8 as distinct
  from (select ${quote(column)} as cell from ${table}) as cells left join masque.aliases on old_token = cell`;
}

/** Pairs, and how many different new tokens they have. Parameters: $1 and $2 the kids. */
export const pairsSql = `select count(*)::float8 as pairs, count(distinct new_token)::float8 as distinct
  from masque.aliases where from_kid = $1 and to_kid = $2`;

/** What has pages of its own: the table, or its partitions and children. Parameter: $1 oid. */
export const leavesSql = `with recursive parts as (
  select $1::oid as part union all select inhrelid from pg_inherits join parts on inhparent = part
)
select format('%I.%I', nspname, relname) as name, relkind::text as kind,
       ceil(pg_relation_size(pg_class.oid) / current_setting('block_size')::float8)::float8 as pages
from parts join pg_class on pg_class.oid = part join pg_namespace on pg_namespace.oid = relnamespace
where relkind <> 'p' order by 1`;
