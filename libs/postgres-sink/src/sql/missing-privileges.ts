/**
 * What the loader needs and this user lacks. No more than this is needed; as an owner would grant it to `loader`:
 *
 *     grant usage on schema masque to loader;                      -- and on the target's schema
 *     grant insert (user_id, …) on user_logins to loader;          -- the columns that the pipeline gives
 *     grant insert (message_id, sent_day, pipeline), select (message_id) on masque.ledger to loader;
 *     grant insert (pipeline, message_id, sent_at, received_at, reason, fields, body, sqlstate, masked_row),
 *           select (reason) on masque.quarantine to loader;
 *     grant insert (pipeline, kid, method, fingerprint), select (pipeline, kid, method, fingerprint) on masque.keys to loader;
 *     grant select (version) on masque.migrations to loader;
 *     grant execute on function masque.ensure_ledger_day to loader;
 *
 * The SELECTs are for RETURNING, and let nobody read a row of the target, a body or a masked row.
 * By oid and not by name, because PostgreSQL resolves a name only for who may use its schema.
 *
 * Parameters: $1 the target's oid, $2 its columns.
 */
export const missingPrivilegesSql = `with needed (relation, privilege, columns) as (
  select $1::oid, 'INSERT', $2::text[]
  union all
  select pg_class.oid, privilege, string_to_array(columns, ' ')
  from (values
      ('ledger', 'INSERT', 'message_id sent_day pipeline'),
      ('ledger', 'SELECT', 'message_id'),
      ('quarantine', 'INSERT', 'pipeline message_id sent_at received_at reason fields body sqlstate masked_row'),
      ('quarantine', 'SELECT', 'reason'),
      ('keys', 'INSERT', 'pipeline kid method fingerprint'),
      ('keys', 'SELECT', 'pipeline kid method fingerprint'),
      ('migrations', 'SELECT', 'version')
    ) as own (name, privilege, columns)
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
select 'EXECUTE on function masque.ensure_ledger_day'
from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
where nspname = 'masque' and proname = 'ensure_ledger_day' and not has_function_privilege(pg_proc.oid, 'EXECUTE')`;
