import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Folders } from './folders.ts';
import { inheritedEnv } from './inherited-env.ts';
import { findRedis, type RedisBinary } from './redis-binary.ts';
import { createServer, extended, portOf, type ServerDeps } from './server.ts';
import type { LocalRedis } from './stack.ts';

export interface RedisDeps extends ServerDeps {
  readonly folders: Folders;
}

export function createRedis(deps: RedisDeps): LocalRedis {
  const { link, folders, onProgress } = deps;
  const folder = join(folders.data, 'redis');
  let binary: RedisBinary | undefined;

  const server = createServer(
    {
      name: 'redis',
      stopSignal: 'SIGTERM',
      async prepare() {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        binary = await findRedis({
          link,
          temporary: folders.temporary,
          log: folders.log('redis'),
          onFetch: (detail) => onProgress({ server: 'redis', state: 'fetching', detail }),
        });
      },
      process: (port) => ({
        command: binary?.command ?? '',
        args: Object.entries(settings(port, folder)).flatMap(([name, value]) => [`--${name}`, value]),
        env: { ...inheritedEnv(), ...binary?.env },
        cwd: folders.temporary,
        log: folders.log('redis'),
        endSignal: 'SIGTERM',
        graceMs: 5_000,
      }),
      answers: async (port, pid) => (await processId(port)) === pid,
    },
    deps,
  );
  return extended(server, {
    get url() {
      return `redis://127.0.0.1:${portOf(server)}`;
    },
  });
}

function settings(port: number, folder: string): Record<string, string> {
  return {
    bind: '127.0.0.1',
    port: String(port),
    dir: folder,
    // BullMQ's data may not be evicted; SQS stays the store of record, so nothing needs to survive a restart.
    'maxmemory-policy': 'noeviction',
    save: '',
    appendonly: 'no',
    daemonize: 'no',
  };
}

/** Whoever is silent for this long is not our Redis. */
const patienceMs = 2_000;

/** Of the Redis that answers on the port: the one proof that it is ours. */
async function processId(port: number): Promise<number | undefined> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(patienceMs, () => socket.destroy());
  try {
    await once(socket, 'connect');
    socket.write('INFO server\r\n');
    let reply = '';
    for await (const chunk of socket) {
      reply += String(chunk);
      const found = /^process_id:(\d+)\r?$/m.exec(reply)?.[1];
      if (found !== undefined) return Number(found);
      // Loading its data, or not a Redis at all.
      if (reply.length > 65_536 || !reply.startsWith('$')) return undefined;
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}
