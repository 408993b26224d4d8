import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A server that comes late: its port refuses connections, then hangs up on them, then leads to the real server. */
export interface LatePort {
  readonly port: number;
  /** Listens, and closes every connection at once. Resolves when so many have come. */
  hangUp(connections: number): Promise<void>;
  open(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function latePort(target: { readonly host: string; readonly port: number }): Promise<LatePort> {
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  const port = await freePort();

  async function listen(onConnection: (socket: Socket) => void): Promise<void> {
    await close();
    server = createServer(onConnection).listen(port, '127.0.0.1');
    await once(server, 'listening');
  }

  async function close(): Promise<void> {
    const closing = server;
    server = undefined;
    if (closing === undefined) return;
    const closed = once(closing, 'close');
    closing.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  function pipe(socket: Socket): void {
    const onward = connect(target);
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(from);
      from
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(from);
          to.destroy();
        });
      from.pipe(to);
    }
  }

  return {
    port,
    async hangUp(connections) {
      const enough = Promise.withResolvers<void>();
      let came = 0;
      await listen((socket) => {
        socket.on('error', () => {}).destroy();
        came += 1;
        if (came >= connections) enough.resolve();
      });
      await enough.promise;
    },
    open: () => listen(pipe),
    [Symbol.asyncDispose]: close,
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
