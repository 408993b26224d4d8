/**
 * What this user lacks of what ../privileges.ts says that the loader needs.
 * By oid and not by name, because PostgreSQL resolves a name only for who may use its schema.
 *
 * Parameters: $1 the target's oid, $2 its columns, $3 needs on Masque's own tables (JSON), $4 functions.
 */
export const missingPrivilegesSql = `with needed (relation, privilege, columns) as (
  select $1::oid, 'INSERT', $2::text[]
  union all
  select pg_class.oid, privilege, columns
  from jsonb_to_recordset($3::jsonb) as own (name text, privilege text, columns text[])
  join pg_class on relname = name
  join pg_namespace on pg_namespace.oid = relnamespace and nspname = 'masque'
)
select format('USAGE on schema %I', nspname) as missing
from pg_namespace
where oid in (select relnamespace from pg_class where oid in (select relation from needed))
  and not has_schema_privilege(oid, 'USAGE')
union all
select format('%s (%s) on %s', privilege, string_agg(quote_ident(attname), ', ' order by attnum), relation::regclass)
from needed join pg_attribute on attrelid = relation and attname = any (columns)
where not has_column_privilege(relation, attnum, privilege)
group by relation, privilege
union all
select format('EXECUTE on function masque.%I', proname)
from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
where nspname = 'masque' and proname = any ($4::text[]) and not has_function_privilege(pg_proc.oid, 'EXECUTE')`;
