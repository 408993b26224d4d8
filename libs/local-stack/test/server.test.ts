import { join } from 'node:path';
import { createServer as createTcpServer } from 'node:net';
import { once } from 'node:events';
import { Fault } from '@masque/fault';
import { expect, onTestFinished, test } from 'vitest';
import { startReaper } from '../src/reaper-link.ts';
import { createServer, portOf, type ServerRecipe } from '../src/server.ts';
import type { LocalServer, ProgressEvent } from '../src/stack.ts';
import { isAlive, ownFolder } from './own.ts';

/** Listens on its port and says so. */
const listens = `require('node:net').createServer().listen({ port: +process.argv[1], host: '127.0.0.1' }, () => console.log('up'))`;

interface Setup {
  readonly server: LocalServer;
  readonly ports: number[];
  readonly events: ProgressEvent[];
}

/** A server whose nth process runs the nth script, and the last one ever after. */
function setup(scripts: readonly string[], recipe: Partial<ServerRecipe> = {}, preferredPort?: number): Setup {
  const link = startReaper();
  onTestFinished(() => link.end());
  const log = join(ownFolder(), 'log');
  const left = [...scripts];
  const ports: number[] = [];
  const events: ProgressEvent[] = [];
  const server = createServer(
    {
      name: 'redis',
      stopSignal: 'SIGTERM',
      prepare: async () => {},
      process(port) {
        ports.push(port);
        const script = (left.length > 1 ? left.shift() : left[0]) ?? '';
        return {
          command: process.execPath,
          args: ['-e', script, String(port)],
          env: {},
          cwd: '/',
          log,
          endSignal: 'SIGKILL',
          graceMs: 300,
        };
      },
      answers: async (_port, _pid, said) => said.startsWith('up'),
      ...recipe,
    },
    { link, preferredPort, onPort: async () => {}, onProgress: (event) => events.push(event) },
  );
  return { server, ports, events };
}

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Fault);
  return error as Fault;
}

test('goes from down to up and back, on one port', async () => {
  const { server, ports, events } = setup([listens]);
  expect([server.port, server.pid]).toEqual([0, undefined]);
  await server.start();
  const { port, pid = 0 } = server;
  expect(port).toBeGreaterThan(0);
  expect(isAlive(pid)).toBe(true);
  await server.start();
  expect(server.pid).toBe(pid);
  await server.stop();
  expect(server.pid).toBeUndefined();
  expect(isAlive(pid)).toBe(false);
  await server.stop();
  await server.start();
  expect(server.port).toBe(port);
  await server.kill();
  expect(server.pid).toBeUndefined();
  expect(ports).toEqual([port, port]);
  expect(events.map(({ state }) => state)).toEqual(['starting', 'ready', 'starting', 'ready']);
});

test('does what it is told in the order told', async () => {
  const { server, ports } = setup([listens]);
  await Promise.all([server.start(), server.stop(), server.start(), server.kill(), server.start()]);
  expect(server.pid).toBeDefined();
  expect(ports).toHaveLength(3);
});

test('notices that its process ended by itself', async () => {
  const { server } = setup([`${listens}; setTimeout(() => process.exit(1), 300)`]);
  await server.start();
  await expect.poll(() => server.pid).toBeUndefined();
  await server.start();
  expect(server.pid).toBeDefined();
});

test('loses the race for its port and takes another', async () => {
  const { server, ports } = setup([`console.error('bind: Address already in use'); process.exit(1)`, listens]);
  await server.start();
  expect(ports).toHaveLength(2);
  expect(server.port).toBe(ports[1]);
});

test('prefers the port it had in an earlier run, if it is free', async () => {
  const first = setup([listens]);
  await first.server.start();
  const { port } = first.server;
  const second = setup([listens], {}, port);
  await second.server.start();
  expect(second.server.port).not.toBe(port);
  await first.server.stop();
  const third = setup([listens], {}, port);
  await third.server.start();
  expect(third.server.port).toBe(port);
});

test('waits for its own port rather than move once others know it', async () => {
  const { server, ports } = setup([listens]);
  await server.start();
  await server.stop();
  const squatter = createTcpServer().listen({ port: server.port, host: '127.0.0.1' });
  await once(squatter, 'listening');
  const started = server.start();
  await expect.poll(() => ports.length).toBeGreaterThan(2);
  squatter.close();
  await started;
  expect(new Set(ports).size).toBe(1);
});

test('a process that ignores its signal is killed after its grace', async () => {
  const { server } = setup([`process.on('SIGTERM', () => {}); ${listens}`]);
  await server.start();
  const { pid = 0 } = server;
  await server.stop();
  expect(isAlive(pid)).toBe(false);
});

test.each([
  ['exits', `console.error('note\\nFATAL: bad setting\\nbye'); process.exit(1)`, 'exited', 'FATAL: bad setting', false],
  [
    'lacks a library',
    `console.error('error while loading shared libraries: libz.so.1'); process.exit(127)`,
    'library',
    'libz',
    false,
  ],
] as const)('a process that %s is a fault that says why', async (_, script, reason, said, heals) => {
  const { server } = setup([script]);
  const fault = await faultOf(server.start());
  expect(fault).toMatchObject({ code: 'redis_not_started', heals, details: { reason } });
  expect(fault.details['said']).toContain(said);
  expect([server.port, server.pid]).toEqual([0, undefined]);
});

test('a command that cannot be run is a fault', async () => {
  const { server } = setup([], {
    process: () => ({
      command: '/nowhere/redis-server',
      args: [],
      env: {},
      cwd: '/',
      log: join(ownFolder(), 'log'),
      endSignal: 'SIGKILL',
      graceMs: 1,
    }),
  });
  expect((await faultOf(server.start())).details).toEqual({ reason: 'not_run', said: 'ENOENT' });
});

test('preparing is done once, and again only after it failed', async () => {
  let prepared = 0;
  const { server } = setup([listens], {
    async prepare() {
      prepared += 1;
      if (prepared === 1) throw new Fault('not_yet', 'not yet', { heals: true });
    },
  });
  expect((await faultOf(server.start())).code).toBe('not_yet');
  await server.start();
  await server.stop();
  await server.start();
  expect(prepared).toBe(2);
});

test('a start that fails after the process is up leaves no process', async () => {
  const { server } = setup([listens], {
    opened: () => Promise.reject(new Fault('no_database', 'no database', { heals: false })),
  });
  expect((await faultOf(server.start())).code).toBe('no_database');
  expect(server.pid).toBeUndefined();
});

test('asking for the port before the first start is a fault', () => {
  const { server } = setup([listens]);
  expect(() => portOf(server)).toThrow(expect.objectContaining({ code: 'local_server_never_started' }));
});
