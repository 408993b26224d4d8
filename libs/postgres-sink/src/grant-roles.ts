import { Fault } from '@masque/fault';
import { quote, quoteTable } from './identifier.ts';
import type { Pool } from './pool.ts';
import { type Need, needs, ownNeeds, type Role, roles, targetNeeds } from './privileges.ts';
import type { Target } from './target.ts';

/**
 * Creates the roles that are missing, `<prefix>_loader` and so on, and gives each exactly what privileges.ts says: what
 * an earlier release granted and this one does not need is taken back, on Masque's own tables and on this pipeline's.
 * They cannot log in; their owner grants them to users who can. Roles are the whole server's, so where two databases
 * on it must not share their users, each has its own prefix.
 * @returns the roles' names
 */
export async function grantRoles(query: Pool['query'], target: Target, prefix: string): Promise<string[]> {
  const table = quoteTable(target.table);
  const [place] = await query<{ readonly schema: string }>({
    text: `select nspname as schema from pg_class join pg_namespace on pg_namespace.oid = relnamespace
           where pg_class.oid = to_regclass($1)`,
    values: [table],
  });
  const own = await query<{ readonly name: string }>({
    text: `select relname as name from pg_class
           where relnamespace = 'masque'::regnamespace and relkind in ('r', 'p') and not relispartition and relname !~ '^ledger_\\d{8}$'`,
  });
  const named = (role: Role): string => `${prefix}_${role}`;
  for (const role of roles) {
    const grantee = quote(named(role));
    await createRole(query, named(role));
    const tables = [...own.map(({ name }) => `masque.${quote(name)}`), table].join(', ');
    const statements = [
      `revoke all on ${tables} from ${grantee}`,
      `revoke all on all functions in schema masque from ${grantee}`,
      `grant usage on schema masque, ${quote(place?.schema ?? 'public')} to ${grantee}`,
      ...targetNeeds(role, target).map((need) => `${grantOf(need)} on ${table} to ${grantee}`),
      ...ownNeeds(role).map((need) => `${grantOf(need)} on masque.${quote(need.name)} to ${grantee}`),
      ...needs[role].functions.map((name) => `grant execute on function masque.${quote(name)} to ${grantee}`),
    ];
    for (const text of statements) await query({ text });
  }
  return roles.map((role) => named(role));
}

async function createRole(query: Pool['query'], name: string): Promise<void> {
  if ((await query({ text: 'select from pg_roles where rolname = $1', values: [name] })).length > 0) return;
  try {
    // Another database of this server may be migrated at this moment.
    await query({
      text: `do $$ begin create role ${quote(name)} nologin; exception when duplicate_object or unique_violation then null; end $$`,
    });
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'privilege_missing') throw error;
    throw new Fault('role_missing', `the role ${name} is missing, and this database user may not create roles`, {
      heals: false,
      setting: 'DATABASE_URL',
      advice: `Have an administrator run \`create role ${name} nologin\`, or give this user CREATEROLE; then run this again.`,
    });
  }
}

function grantOf({ privilege, columns }: Need): string {
  return columns === undefined ? `grant ${privilege}` : `grant ${privilege} (${columns.map(quote).join(', ')})`;
}
