/**
 * A query whose parameters hold bytes in quantity. pg copies each parameter into a message that grows as it goes: for
 * a batch of long tokens some three times the batch, and V8 collects the whole heap for so many bytes outside it. Here
 * only what is small is written into messages of our own, and bytes go to the socket as they are.
 */
import { type ClientBase, type Connection, Query, type QueryConfig, type QueryResult } from 'pg';

/** @throws what pg throws */
export function queryWithBytes(
  client: ClientBase,
  { values = [], ...config }: Omit<QueryConfig, 'values'> & { readonly values?: readonly unknown[] },
): Promise<QueryResult> {
  const statement = { ...config, values: [...values] };
  if (config.name === undefined || !values.some((value) => value instanceof Buffer)) return client.query(statement);
  const { promise, resolve, reject } = Promise.withResolvers<QueryResult>();
  const query = new Query(statement, (error: Error | undefined, result: unknown) =>
    error ? reject(error) : resolve(result as QueryResult),
  );
  const { submit } = query;
  query.submit = (connection) => submit.call(query, withLeanBind(connection));
  client.query(query);
  return promise;
}

interface BindConfig {
  readonly portal: string;
  readonly statement: string;
  readonly values: readonly unknown[];
}

/** `submit` corks the stream before it binds, so that all pieces leave by one call. */
function withLeanBind(connection: Connection): Connection {
  const bind = ({ portal, statement, values }: BindConfig): void => {
    if (!connection.stream.writable) return;
    for (const piece of bindMessage(portal, statement, values)) connection.stream.write(piece);
  };
  return Object.create(connection, { bind: { value: bind } }) as Connection;
}

/** `Bind`, its length, and that results are wanted as texts. */
const bindCode = 0x42;
const formats = { text: 0, binary: 1 } as const;

/**
 * The message Bind in pieces, of which bytes are as they were given
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-BIND).
 *
 *     'B' │ length │ portal, 0 │ statement, 0 │ n, n formats │ n, { length, value } or { -1 } … │ 1, format of results
 */
export function bindMessage(portal: string, statement: string, values: readonly unknown[]): Buffer[] {
  const cells = values.map((value) => (value === undefined || value === null ? undefined : bytesOf(value)));
  const length = cells.reduce((sum, cell) => sum + 4 + (cell?.length ?? 0), 0);
  const head = Buffer.alloc(
    1 + 4 + Buffer.byteLength(portal) + Buffer.byteLength(statement) + 2 + 4 + 2 * cells.length,
  );
  let at = head.writeUInt8(bindCode);
  at = head.writeInt32BE(head.length - 1 + length + 4, at);
  for (const name of [portal, statement]) at += head.write(name, at) + 1;
  at = head.writeInt16BE(cells.length, at);
  for (const value of values) at = head.writeInt16BE(value instanceof Buffer ? formats.binary : formats.text, at);
  head.writeInt16BE(cells.length, at);
  return [head, ...cells.flatMap((cell) => (cell === undefined ? int32(-1) : [int32(cell.length), cell])), results];
}

const results = Buffer.from([0, 1, 0, formats.text]);

function bytesOf(value: {}): Buffer {
  return value instanceof Buffer ? value : Buffer.from(String(value as string | number));
}

function int32(number: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(number);
  return bytes;
}
