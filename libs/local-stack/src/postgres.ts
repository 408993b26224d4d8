import type { Account } from './account.ts';
import type { Folders } from './folders.ts';
import { inheritedEnv } from './inherited-env.ts';
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { openCluster, superuser } from './postgres-cluster.ts';
import { createDatabase, postgresUrl } from './postgres-database.ts';
import { execute, type PostgresTarget } from './postgres-wire.ts';
import { createServer, extended, portOf, type ServerDeps } from './server.ts';
import type { LocalPostgres } from './stack.ts';

export interface PostgresDeps extends ServerDeps {
  readonly folders: Folders;
  readonly account: Account | undefined;
  readonly durable: boolean;
}

export const defaultDatabase = 'masque';

export function createPostgres(deps: PostgresDeps): LocalPostgres {
  const { link, folders, account, durable } = deps;
  let binaries: PostgresBinaries | undefined;
  let cluster: string | undefined;
  let opened = false;
  const target = (port: number, database: string): PostgresTarget => ({
    port,
    user: superuser,
    password: folders.memory.password,
    database,
  });

  const server = createServer(
    {
      name: 'postgres',
      stopSignal: 'SIGINT',
      async prepare() {
        binaries = await postgresBinaries({
          link,
          account,
          temporary: folders.temporary,
          log: folders.log('postgres'),
        });
        cluster = await openCluster({ link, folders, account, durable, binaries });
      },
      process: (port) => ({
        command: binaries?.postgres ?? '',
        args: ['-D', cluster ?? '', ...settings(port, durable)],
        env: inheritedEnv(),
        cwd: folders.temporary,
        log: folders.log('postgres'),
        // SIGINT disconnects clients and writes a checkpoint; SIGQUIT skips that, for data that goes anyway.
        endSignal: folders.kept ? 'SIGINT' : 'SIGQUIT',
        graceMs: folders.kept ? 30_000 : 5_000,
        ...(account === undefined ? {} : { account }),
      }),
      async answers(port) {
        // Our own password: a stranger's PostgreSQL would not let us in.
        return (await execute(target(port, 'postgres'))).sqlState === undefined;
      },
      async opened(port) {
        if (!opened) await createDatabase(postgresUrl(target(port, 'postgres')), defaultDatabase);
        opened = true;
      },
    },
    deps,
  );

  const url = (database = defaultDatabase): string => postgresUrl(target(portOf(server), database));
  return extended(server, { url, createDatabase: async (name: string) => await createDatabase(url('postgres'), name) });
}

function settings(port: number, durable: boolean): string[] {
  const values: Readonly<Record<string, string | number>> = {
    listen_addresses: '127.0.0.1',
    port,
    // A socket's path may have 103 characters at most, and a data folder's may have more.
    unix_socket_directories: '',
    // Every test file brings its own pool.
    max_connections: 200,
    timezone: 'UTC',
    log_timezone: 'UTC',
    // In the data folder, not in /dev/shm: that outlives a SIGKILL, and containers give it 64 MB.
    dynamic_shared_memory_type: 'mmap',
    // Errors by their text alone: DETAIL and STATEMENT repeat the row.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
