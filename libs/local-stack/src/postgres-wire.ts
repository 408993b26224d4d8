import { once } from 'node:events';
import { connect } from 'node:net';
import { scramClient } from './scram.ts';

export interface PostgresTarget {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** `sqlState` is undefined when it succeeded, and `closed` when the server hung up or was not there. */
export interface Outcome {
  readonly sqlState: string | undefined;
}

const probePatienceMs = 2_000;
const patienceMs = 60_000;

/**
 * Just enough of PostgreSQL's protocol (PostgreSQL documentation, "Frontend/Backend Protocol") to ask whether the
 * server is ready and to create a database. The npm binaries bring no psql, createdb or pg_isready, and `pg` belongs
 * to libs/postgres-sink alone.
 */
export async function execute(target: PostgresTarget, statement?: string): Promise<Outcome> {
  const socket = connect(target.port, '127.0.0.1');
  socket.setTimeout(statement === undefined ? probePatienceMs : patienceMs, () => socket.destroy());
  try {
    await once(socket, 'connect');
    const scram = scramClient(target.password);
    socket.write(startup(target));
    let asked = false;
    let sqlState: string | undefined;
    for await (const { type, body } of messages(socket)) {
      if (type === 'E') sqlState ??= sqlStateOf(body);
      if (type === 'R') {
        const reply = scram(body.readInt32BE(0), body.subarray(4));
        if (reply !== undefined) socket.write(message('p', reply));
      }
      if (type !== 'Z') continue;
      if (asked || statement === undefined) {
        socket.write(message('X', Buffer.alloc(0)));
        return { sqlState };
      }
      asked = true;
      socket.write(message('Q', text(statement)));
    }
    return { sqlState: sqlState ?? 'closed' };
  } catch {
    return { sqlState: 'closed' };
  } finally {
    socket.destroy();
  }
}

interface Message {
  readonly type: string;
  readonly body: Buffer;
}

/** One byte of type, four of length (its own four included), the body. */
async function* messages(chunks: AsyncIterable<Buffer>): AsyncGenerator<Message> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5 && rest.length >= 1 + rest.readInt32BE(1)) {
      const end = 1 + rest.readInt32BE(1);
      yield { type: String.fromCharCode(rest[0] ?? 0), body: rest.subarray(5, end) };
      rest = rest.subarray(end);
    }
  }
}

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(4 + body.length), body]);
}

function startup({ user, database }: PostgresTarget): Buffer {
  const protocolThree = int32(3 << 16);
  const body = Buffer.concat([protocolThree, text('user'), text(user), text('database'), text(database), text('')]);
  return Buffer.concat([int32(4 + body.length), body]);
}

/** ErrorResponse: fields of one byte of type and a text; `C` is the SQLSTATE. Nothing else of it is looked at. */
function sqlStateOf(body: Buffer): string {
  const field = body
    .toString('utf8')
    .split('\0')
    .find((each) => each.startsWith('C'));
  return field?.slice(1) ?? 'XX000';
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}
