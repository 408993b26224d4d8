import { migrate } from '@masque/postgres-sink';
import { type Pipeline, toTarget } from '@masque/pipeline';
import { Client } from 'pg';

/** A user for each part of the product, who has been granted its role and nothing else. */
export interface DatabaseLogins {
  readonly loader: string;
  readonly dashboard: string;
  readonly custodian: string;
  /** Drops users and roles; what they were granted must be gone by then, with its database. */
  remove(): Promise<void>;
}

const users = ['loader', 'dashboard', 'custodian'] as const;

/**
 * @param prefix of the names: roles are the whole server's, and other tests have theirs
 * @param serverUrl another database of the same server
 */
export async function createDatabaseLogins(
  databaseUrl: string,
  serverUrl: string,
  pipeline: Pipeline,
  prefix: string,
): Promise<DatabaseLogins> {
  await migrate({ databaseUrl, target: toTarget(pipeline), rolePrefix: prefix });
  const name = (user: string): string => `${prefix}_${user}_login`;
  await run(
    serverUrl,
    users.map((user) => `create role ${name(user)} login password '${prefix}' in role ${prefix}_${user}`),
  );
  const url = (user: string): string => {
    const login = new URL(databaseUrl);
    login.username = name(user);
    login.password = prefix;
    return login.href;
  };
  return {
    loader: url('loader'),
    dashboard: url('dashboard'),
    custodian: url('custodian'),
    remove: () =>
      run(
        serverUrl,
        users.map((user) => `drop role ${name(user)}, ${prefix}_${user}`),
      ),
  };
}

async function run(url: string, statements: readonly string[]): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
