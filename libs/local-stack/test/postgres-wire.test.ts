import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { postgresTarget, postgresUrl } from '../src/postgres-database.ts';
import { execute } from '../src/postgres-wire.ts';

const target = { user: 'masque', password: 'p/w @:?', database: 'ä b/"c"' };

/** Something that answers whoever connects with these bytes, in pieces of one. */
async function stranger(reply: Buffer, hangUp = true): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.setNoDelay(true);
    for (const byte of reply) socket.write(Buffer.of(byte));
    if (hangUp) socket.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function message(type: string, body: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + body.length);
  return Buffer.concat([Buffer.from(type), length, Buffer.from(body)]);
}

test('a URL holds any password and name, and gives them back', () => {
  const whole = { ...target, port: 5433 };
  expect(postgresTarget(postgresUrl(whole))).toEqual(whole);
});

test.each([
  ['nobody', undefined],
  ['one that hangs up', Buffer.alloc(0)],
  ['one that speaks HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['one that stops amid a message', message('Z', 'I').subarray(0, 4)],
])('%s is no server of ours', async (_, reply) => {
  const port = reply === undefined ? 9 : await stranger(reply);
  expect(await execute({ ...target, port })).toEqual({ sqlState: 'closed' });
});

test('a server that is not ready says so by SQLSTATE, whatever else it says', async () => {
  const port = await stranger(message('E', 'SFATAL\0C57P03\0Mthe database system is starting up\0\0'));
  expect(await execute({ ...target, port })).toEqual({ sqlState: '57P03' });
});

test('messages are read from any pieces', async () => {
  const port = await stranger(
    Buffer.concat([message('R', '\0\0\0\0'), message('S', 'a\0b\0'), message('Z', 'I')]),
    false,
  );
  expect(await execute({ ...target, port })).toEqual({ sqlState: undefined });
});
