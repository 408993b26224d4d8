import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Duplex, Transform } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { TlsIdentity } from './tls-authority.ts';

/** TLS in front of a server that speaks none, on a port of 127.0.0.1. */
export interface TlsFront {
  readonly port: number;
  /** All that clients sent, as it went over the wire. */
  heard(): Buffer;
  /** Bytes that got through to the server: none from a client that did not trust the certificate. */
  readonly passed: number;
  close(): Promise<void>;
}

export interface TlsFrontOptions {
  readonly port: number;
  readonly identity: TlsIdentity;
  /** PostgreSQL's clients ask for TLS first, in eight bytes, and begin when the server has said `S`. */
  readonly speaks?: 'postgres';
}

export async function startTlsFront({ port, identity, speaks }: TlsFrontOptions): Promise<TlsFront> {
  const secureContext = createSecureContext({ key: identity.key, cert: identity.certificate });
  const heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  let passed = 0;
  const server = createServer((client) => void serve(client).catch(() => client.destroy()));

  async function serve(client: Socket): Promise<void> {
    keep(client);
    if (speaks === 'postgres') {
      heard.push(...((await once(client, 'data')) as [Buffer]));
      client.pause().write('S');
    }
    // A TLSSocket takes a socket's bytes below JavaScript, where nobody can listen; a stream's it takes from the stream.
    const listening = new Transform({
      transform(bytes: Buffer, _, done) {
        heard.push(bytes);
        done(null, bytes);
      },
    });
    const wire = Duplex.from({ readable: client.pipe(listening), writable: client });
    wire.on('error', () => {});
    const plain = new TLSSocket(wire, { isServer: true, secureContext });
    const backend = keep(connect(port, '127.0.0.1'));
    keep(plain);
    plain.on('data', (bytes: Buffer) => (passed += bytes.length));
    plain.pipe(backend).pipe(plain);
    plain.on('close', () => backend.destroy());
    backend.on('close', () => client.destroy());
  }

  function keep<S extends Socket>(socket: S): S {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    return socket;
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    heard: () => Buffer.concat(heard),
    get passed() {
      return passed;
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
