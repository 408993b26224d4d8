import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Fault } from '@masque/fault';

/**
 * Below the range from which systems take ports for outgoing connections (Linux 32768, macOS and IANA 49152). A
 * client that keeps reconnecting to a stopped server on a port inside that range can be given that very port as its
 * own, connect to itself, and keep the server from coming back.
 */
const lowest = 15_000;
const beyond = 32_000;

/** A port on which nothing listens just now; the server that takes it may still lose the race for it. */
export async function freePort(preferred = 0): Promise<number> {
  if (preferred > 0 && (await isFree(preferred))) return preferred;
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(lowest, beyond);
    if (await isFree(port)) return port;
  }
  throw new Fault('no_free_port', `no free port between ${lowest} and ${beyond} on 127.0.0.1`, { heals: true });
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
