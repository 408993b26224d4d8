import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createExchanges } from '../src/exchanges.ts';

const request = 'POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n';
const answerOf = (text: string, more = '') => `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n${more}\r\n${text}`;

/** A server that answers each request by `serve`, told which connection it is and which of its requests. */
async function start(serve: (socket: Socket, connection: number, count: number) => void, maxSockets = 8) {
  const sockets: Socket[] = [];
  const server = net.createServer((socket) => {
    const connection = sockets.push(socket);
    let count = 0;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      for (const _ of bytes.toString().matchAll(/POST/g)) serve(socket, connection, (count += 1));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const origin = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const exchanges = createExchanges({ origin, maxSockets });
  onTestFinished(() => {
    exchanges.close();
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { exchanges, sockets, post: (timeoutMs = 5_000) => exchanges.post(request, timeoutMs) };
}

const echo = (socket: Socket, connection: number, count: number) => socket.write(answerOf(`${connection}.${count}`));

test('one connection serves one request after another', async () => {
  const { post } = await start(echo);
  expect([await post(), await post(), await post()]).toEqual(['1.1', '1.2', '1.3']);
});

test('requests at once have a connection each, up to the most, and the others stand in line', async () => {
  const { post, sockets } = await start(echo, 2);
  const answers = await Promise.all(Array.from({ length: 7 }, () => post()));
  expect(new Set(answers).size).toBe(7);
  expect(sockets).toHaveLength(2);
});

test('a connection that the far end closed while it was idle is not used again', async () => {
  const { post, sockets } = await start(echo);
  expect(await post()).toBe('1.1');
  const [socket] = sockets;
  socket?.end();
  await once(socket as Socket, 'close');
  expect(await post()).toBe('2.1');
});

test('a connection whose answer says so is closed', async () => {
  const { post } = await start((socket, connection) =>
    socket.write(answerOf(String(connection), 'connection: close\r\n')),
  );
  expect([await post(), await post()]).toEqual(['1', '2']);
});

test.each([
  ['is cut off', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{')],
  ['is reset', (socket: Socket) => socket.resetAndDestroy()],
  ['is no success', (socket: Socket) => socket.write('HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n')],
  ['is two', (socket: Socket) => socket.write(answerOf('a') + answerOf('b'))],
])('where an answer %s there is none, and the next request has a connection of its own', async (_, serve) => {
  const { post } = await start((socket, connection, count) => {
    if (connection === 1) serve(socket);
    else echo(socket, connection, count);
  });
  expect(await post()).toBeUndefined();
  expect(await post()).toBe('2.1');
});

test('bytes that answer nothing end their connection before they can answer anything', async () => {
  const { post, sockets } = await start(echo);
  expect(await post()).toBe('1.1');
  const [socket] = sockets;
  socket?.write(answerOf('forged'));
  await once(socket as Socket, 'close');
  expect(await post()).toBe('2.1');
});

test('a request without answer ends in time, and makes room for who stands in line', async () => {
  const { post } = await start((socket, connection, count) => {
    if (connection > 1) echo(socket, connection, count);
  }, 1);
  const began = performance.now();
  const [late, next] = await Promise.all([post(100), post()]);
  expect([late, next]).toEqual([undefined, '2.1']);
  expect(performance.now() - began).toBeGreaterThan(90);
});

test('nobody there is no answer', async () => {
  const { exchanges } = await start(echo);
  exchanges.close();
  const unreachable = createExchanges({ origin: new URL('http://127.0.0.1:1'), maxSockets: 1 });
  expect(await unreachable.post(request, 1_000)).toBeUndefined();
});

test('closing ends what is under way and what stands in line, and nothing begins after it', async () => {
  const asked = Promise.withResolvers<void>();
  const { exchanges, post, sockets } = await start(() => asked.resolve(), 1);
  const pending = [post(), post()];
  await asked.promise;
  exchanges.close();
  expect(await Promise.all(pending)).toEqual([undefined, undefined]);
  expect(await post()).toBeUndefined();
  expect(sockets).toHaveLength(1);
});
