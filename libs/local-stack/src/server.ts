/**
 * One server's life, the same for all three.
 *
 *   down --start--> starting --answers--> up --stop, kill, its own end--> down
 *
 * Invariants: start, stop and kill of one server happen one after the other, in the order called; the port is chosen
 * by the first start that succeeds and never changes after; `pid` is defined exactly while the process lives and the
 * start that made it has not failed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@masque/fault';
import { readSince, sizeOf } from './log-file.ts';
import { freePort } from './port.ts';
import type { ReapedProcess, ReaperLink } from './reaper-link.ts';
import type { ProcessSpec } from './reaper-message.ts';
import type { LocalServer, ProgressEvent, ServerName } from './stack.ts';
import { type Refusal, refusalOf, startFault } from './start-fault.ts';

export interface ServerRecipe {
  readonly name: ServerName;
  readonly stopSignal: NodeJS.Signals;
  /** Everything that comes before a process: binaries, folders, initdb. Until it succeeds, once. */
  prepare(): Promise<void>;
  process(port: number): ProcessSpec;
  /** Whether the process with this pid, and no stranger on its port, answers. `said` is its output so far. */
  answers(port: number, pid: number, said: string): Promise<boolean>;
  /** After every start, before anyone else is told. */
  opened?(port: number): Promise<void>;
}

export interface ServerDeps {
  readonly link: ReaperLink;
  readonly preferredPort: number | undefined;
  readonly onPort: (port: number) => Promise<void>;
  readonly onProgress: (event: ProgressEvent) => void;
}

/** Enough for PostgreSQL to replay a large log after a crash. */
const startWithinMs = 60_000;
const probeEveryMs = 10;

export function createServer(recipe: ServerRecipe, deps: ServerDeps): LocalServer {
  const { name } = recipe;
  let port = 0;
  let preferredPort = deps.preferredPort;
  let running: ReapedProcess | undefined;
  let prepared: Promise<void> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  function inOrder<T>(action: () => Promise<T>): Promise<T> {
    const result = last.then(action, action);
    last = result.catch(() => {});
    return result;
  }

  async function start(): Promise<void> {
    if (running !== undefined) return;
    prepared ??= recipe.prepare().catch((error: unknown) => {
      prepared = undefined;
      throw error;
    });
    await prepared;
    deps.onProgress({ server: name, state: 'starting' });
    const deadline = Date.now() + startWithinMs;
    for (;;) {
      const candidate = port === 0 ? await freePort(preferredPort) : port;
      const refusal = await attempt(candidate, deadline);
      if (refusal === undefined) break;
      const again = refusal.reason === 'busy' || refusal.reason === 'port_taken';
      if (!again || Date.now() > deadline) throw startFault(name, refusal);
      // Another port at once; on a port that is ours, wait for what holds it.
      if (port === 0 && refusal.reason === 'port_taken') preferredPort = undefined;
      else await sleep(50);
    }
    deps.onProgress({ server: name, state: 'ready', detail: `127.0.0.1:${port}` });
  }

  /** Undefined: it is up. */
  async function attempt(candidate: number, deadline: number): Promise<Refusal | undefined> {
    const spec = recipe.process(candidate);
    const from = await sizeOf(spec.log);
    const process = await spawned(spec);
    running = process;
    const isAlive = (): boolean => running === process;
    void watch(process);
    try {
      while (isAlive() && Date.now() < deadline) {
        if (await recipe.answers(candidate, process.pid, await readSince(spec.log, from))) {
          await recipe.opened?.(candidate);
          if (port !== candidate) await deps.onPort(candidate);
          port = candidate;
          return undefined;
        }
        await Promise.race([sleep(probeEveryMs), process.exited]);
      }
    } catch (error) {
      await end(process, 'SIGKILL');
      throw error;
    }
    const endedItself = !isAlive();
    if (!endedItself) await end(process, 'SIGKILL');
    return refusalOf(await process.exited, await readSince(spec.log, from), endedItself);
  }

  async function watch(process: ReapedProcess): Promise<void> {
    await process.exited;
    if (running === process) running = undefined;
  }

  async function spawned(spec: ProcessSpec): Promise<ReapedProcess> {
    try {
      return await deps.link.spawn(spec);
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'reaper_refused') throw error;
      throw startFault(name, { reason: 'not_run', said: String(error.details['errno']) });
    }
  }

  return {
    name,
    get port() {
      return port;
    },
    get pid() {
      return running?.pid;
    },
    start: () => inOrder(start),
    stop: (signal) => inOrder(() => end(running, signal ?? recipe.stopSignal)),
    kill: () => inOrder(() => end(running, 'SIGKILL')),
  };
}

async function end(process: ReapedProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (process === undefined) return;
  await process.signal(signal);
  await process.ended();
}

/** A server with more to it. Descriptors, because a spread would freeze `port` and `pid`. */
export function extended<Extra extends object>(server: LocalServer, extra: Extra): LocalServer & Extra {
  return Object.defineProperties(extra, Object.getOwnPropertyDescriptors(server)) as LocalServer & Extra;
}

/** @throws {Fault} `local_server_never_started` */
export function portOf({ name, port }: LocalServer): number {
  if (port > 0) return port;
  throw new Fault('local_server_never_started', `the local ${name} server was never started`, {
    heals: false,
    advice: 'Name it in `only`, or call its start() first.',
  });
}
