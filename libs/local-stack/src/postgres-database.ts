import { Fault } from '@masque/fault';
import { execute, type PostgresTarget } from './postgres-wire.ts';

export function postgresUrl({ user, password, port, database }: PostgresTarget): string {
  return `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

export function postgresTarget(url: string): PostgresTarget {
  const { username, password, port, pathname } = new URL(url);
  return {
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    port: Number(port),
    database: decodeURIComponent(pathname.slice(1)),
  };
}

const duplicateDatabase = '42P04';

/**
 * Creates a database on the server of `url` unless it exists, and answers its URL.
 * @throws {Fault} `database_not_created`
 */
export async function createDatabase(url: string, name: string): Promise<string> {
  const target = { ...postgresTarget(url), database: 'postgres' };
  // template0: never connected to, so creating several at once does not fail on each other.
  const { sqlState } = await execute(target, `CREATE DATABASE ${identifier(name)} TEMPLATE template0`);
  if (sqlState === undefined || sqlState === duplicateDatabase) return postgresUrl({ ...target, database: name });
  throw databaseFault('database_not_created', name, sqlState);
}

/** Disconnects whoever is still connected. @throws {Fault} `database_not_dropped` */
export async function dropDatabase(url: string, name: string): Promise<void> {
  const target = { ...postgresTarget(url), database: 'postgres' };
  const { sqlState } = await execute(target, `DROP DATABASE IF EXISTS ${identifier(name)} WITH (FORCE)`);
  if (sqlState !== undefined) throw databaseFault('database_not_dropped', name, sqlState);
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function databaseFault(code: string, database: string, sqlState: string): Fault {
  return new Fault(code, `the local PostgreSQL refused for database ${database}`, {
    heals: sqlState === 'closed' || sqlState.startsWith('57P'),
    details: { sqlState },
  });
}
