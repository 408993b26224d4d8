import type { Fault } from '@masque/fault';
import { type ClientBase, Pool as PgPool, type PoolClient, types } from 'pg';
import { queryWithBytes } from './bytes-query.ts';
import { isConnectionLoss, isRowRefusal, sqlFault } from './sql-fault.ts';

export interface PoolOptions {
  readonly databaseUrl: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  readonly connections: number;
  /** The server ends a statement that runs longer. Default 30,000. */
  readonly statementTimeoutMs?: number;
  /** Told of every statement that has a name. */
  readonly onStatement?: (call: SqlCall) => void;
}

export interface SqlCall {
  readonly statement: string;
  readonly outcome: 'ok' | 'failed';
  readonly seconds: number;
}

export interface Pool {
  /** @throws {Fault} and nothing else */
  query<Row extends object = never>(statement: Statement): Promise<Row[]>;
  /** Runs `work` in one transaction. */
  transaction<T>(work: (query: Pool['query']) => Promise<T>): Promise<T>;
  /** Waits for what is running. May be called twice. */
  close(): Promise<void>;
}

export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  /** Prepared once a connection under this name. */
  readonly name?: string;
}

const connectTimeoutMs = 5_000;

/**
 * Connections whose behaviour is Masque's, whatever the role's or the database's defaults: READ COMMITTED, which
 * `src/sql/load-batch.ts` argues from, a limit to waiting, and a search_path that finds the owner's tables. Set by a
 * statement, as poolers refuse most settings among the start-up parameters.
 */
export function createPool(options: PoolOptions): Pool {
  const { databaseUrl, name, connections, statementTimeoutMs = 30_000 } = options;
  const where = addressOf(databaseUrl);
  const toFault = (error: unknown): Fault => sqlFault(error, where);
  const pool = new PgPool({
    connectionString: databaseUrl,
    application_name: name,
    max: connections,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    types: { getTypeParser },
    // The server gives up first; the client's own limit is for a server that no longer answers at all.
    query_timeout: statementTimeoutMs + 5_000,
    // oxlint-disable-next-line typescript/no-misused-promises -- pg-pool awaits it; its types do not say so
    onConnect: async (client: Pick<ClientBase, 'query'>) => {
      await client.query(
        `set default_transaction_isolation = 'read committed'; set statement_timeout = ${statementTimeoutMs}; ${searchPathSql}`,
      );
    },
  });
  // A connection that breaks fails its query, or is replaced at the next one; but without a listener, on the pool for
  // the idle and on the client for those at work, its 'error' would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => {
    client.on('error', () => {});
    generations.set(client, generation);
  });
  let closing: Promise<void> | undefined;

  /**
   * What takes one connection away seldom takes one alone: a restart, a failover, a proxy's idle limit. So when one
   * breaks, those opened before are not lent again; else an outage would cost each of them a try of its own.
   */
  let generation = 0;
  const generations = new WeakMap<ClientBase, number>();

  async function connect(): Promise<PoolClient> {
    for (;;) {
      const client = await open();
      if (generations.get(client) === generation) return client;
      client.release(true);
    }
  }

  async function open(): Promise<PoolClient> {
    try {
      return await pool.connect();
    } catch (error) {
      throw toFault(error);
    }
  }

  /** Closing a connection rolls back, also when it is the connection that failed. */
  function discard(client: PoolClient, fault: Fault): void {
    if (isConnectionLoss(fault)) generation += 1;
    client.release(true);
  }

  const queryOn =
    (client: ClientBase) =>
    async <Row extends object = never>(statement: Statement): Promise<Row[]> => {
      const began = performance.now();
      let outcome: SqlCall['outcome'] = 'failed';
      try {
        const { rows } = await queryWithBytes(client, statement);
        outcome = 'ok';
        return rows as Row[];
      } catch (error) {
        throw toFault(error);
      } finally {
        const seconds = (performance.now() - began) / 1_000;
        if (statement.name !== undefined) options.onStatement?.({ statement: statement.name, outcome, seconds });
      }
    };

  return {
    async query<Row extends object>(statement: Statement) {
      const client = await connect();
      try {
        const rows = await queryOn(client)<Row>(statement);
        client.release();
        return rows;
      } catch (error) {
        const fault = error as Fault;
        // pg's own `pool.query` closes the connection on every error; a bisection would pay for a dozen log-ins.
        if (isRowRefusal(fault)) client.release();
        else discard(client, fault);
        throw fault;
      }
    },
    async transaction(work) {
      const client = await connect();
      const query = queryOn(client);
      try {
        await query({ text: 'begin' });
        const result = await work(query);
        await query({ text: 'commit' });
        client.release();
        return result;
      } catch (error) {
        const fault = toFault(error);
        discard(client, fault);
        throw fault;
      }
    },
    close: () => (closing ??= pool.end()),
  };
}

/**
 * For a user called `masque` the default search_path, "$user" first, begins with Masque's own schema: the target would
 * be made in there, and found there by this user alone.
 */
const searchPathSql = `
  select set_config('search_path', (
    select coalesce(string_agg(quote_ident(name), ', ' order by at), '')
    from unnest(current_schemas(false)) with ordinality as path (name, at) where name <> 'masque'
  ), false)
  where current_user = 'masque' or 'masque' = any (current_schemas(false))`;

/** A `date` is a day, not the instant of its midnight in this process's time zone: kept as PostgreSQL prints it. */
const getTypeParser: typeof types.getTypeParser = (oid, format) =>
  oid === types.builtins.DATE ? (text: string) => text : types.getTypeParser(oid, format);

/** `host:port/database`, without credentials. */
export function addressOf(databaseUrl: string): string {
  try {
    const { hostname, port, pathname } = new URL(databaseUrl);
    return `${hostname}:${port === '' ? '5432' : port}${pathname}`;
  } catch {
    return 'an unreadable URL';
  }
}
