import { uniqueName } from '@masque/local-stack/testing';
import { onTestFinished } from 'vitest';
import { migrate, type MigrateReport, type Target } from '../src/index.ts';
import { type Role, roles } from '../src/privileges.ts';
import { migratedDatabase, type OwnDatabase } from './own-database.ts';

export interface OwnRoles {
  readonly database: OwnDatabase;
  readonly prefix: string;
  /** `masque migrate --roles`, once more. */
  readonly again: (target?: Target) => Promise<MigrateReport>;
  /** A user who has been granted one role: its name and its URL. */
  readonly login: (role: Role) => Promise<{ readonly role: string; readonly url: string }>;
  /** SQLSTATE of what a role may not do; undefined when it may. Nothing of it stays. */
  readonly attempt: (role: Role, sql: string) => Promise<string | undefined>;
}

/** A migrated database with roles of its own, which go with it. */
export async function ownRoles(target: Target): Promise<OwnRoles> {
  const database = await migratedDatabase(target);
  const prefix = uniqueName('roles');
  const again = (of = target): Promise<MigrateReport> =>
    migrate({ databaseUrl: database.url, target: of, rolePrefix: prefix });
  onTestFinished(async () => {
    for (const role of roles) {
      await database.sql(`drop owned by ${prefix}_${role}`);
      await database.sql(`drop role ${prefix}_${role}`);
    }
  });
  await again();
  return {
    database,
    prefix,
    again,
    async login(role) {
      const user = await database.createRole();
      await database.sql(`grant ${prefix}_${role} to ${user.role}`);
      return user;
    },
    async attempt(role, sql) {
      const session = await database.session();
      try {
        await session.query(`begin; set local role ${prefix}_${role}`);
        await session.query(sql);
        return undefined;
      } catch (error) {
        return (error as { readonly code: string }).code;
      } finally {
        await session.query('rollback');
      }
    },
  };
}
