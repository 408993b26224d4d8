import type { Fault } from '@masque/fault';
import { Pool as PgPool, type QueryConfig, type QueryResult, types } from 'pg';
import { sqlFault } from './sql-fault.ts';

export interface PoolOptions {
  readonly databaseUrl: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  readonly connections: number;
}

export interface Pool {
  /** @throws {Fault} and nothing else */
  query<Row extends object = never>(statement: Statement): Promise<Row[]>;
  /** Runs `work` in one transaction. */
  transaction<T>(work: (query: Pool['query']) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  /** Prepared once a connection under this name. */
  readonly name?: string;
}

const connectTimeoutMs = 5_000;
const statementTimeoutMs = 30_000;

/**
 * Connections that all hold the one setting the protocol rests on: `synchronous_commit` is on, whatever the server's
 * default, because a message is deleted from SQS on the strength of a commit that a crash must not undo. Set by a
 * statement, as poolers refuse it among the start-up parameters.
 */
export function createPool({ databaseUrl, name, connections }: PoolOptions): Pool {
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
    onConnect: async (client: { query(text: string): Promise<unknown> }) => {
      await client.query(`set synchronous_commit = on; set statement_timeout = ${statementTimeoutMs}`);
    },
  });
  // An idle connection that breaks is replaced at its next use; without a listener it would end the process.
  pool.on('error', () => {});

  const run =
    (on: { query(statement: QueryConfig): Promise<QueryResult> }) =>
    async <Row extends object = never>(statement: Statement): Promise<Row[]> => {
      try {
        const { rows } = await on.query({ ...statement, values: [...(statement.values ?? [])] });
        return rows as Row[];
      } catch (error) {
        throw toFault(error);
      }
    };

  return {
    query: run(pool),
    async transaction(work) {
      const client = await pool.connect().catch((error: unknown) => {
        throw toFault(error);
      });
      const query = run(client);
      try {
        await query({ text: 'begin' });
        const result = await work(query);
        await query({ text: 'commit' });
        client.release();
        return result;
      } catch (error) {
        // Closing the connection rolls back, also when it is the connection that failed.
        client.release(true);
        throw toFault(error);
      }
    },
    close: () => pool.end(),
  };
}

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
