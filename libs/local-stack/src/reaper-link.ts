import { fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Fault } from '@masque/fault';
import { inheritedEnv } from './inherited-env.ts';
import type { Answer, ProcessSpec, RequestBody } from './reaper-message.ts';

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface ReapedProcess {
  readonly pid: number;
  /** For watching; does not keep the owner's event loop alive. */
  readonly exited: Promise<Exit>;
  /** For waiting. */
  ended(): Promise<Exit>;
  signal(signal: NodeJS.Signals): Promise<void>;
}

/** The owner's end of the channel to the reaper. */
export interface ReaperLink {
  temporaryFolder(parent: string): Promise<string>;
  /** @throws {Fault} `reaper_refused` with `errno: 'in_use'` when another reaper holds it. */
  lock(file: string): Promise<void>;
  /** @throws {Fault} `reaper_refused` with the errno of a command that cannot be run. */
  spawn(spec: ProcessSpec): Promise<ReapedProcess>;
  /** Resolves when every process is gone and the temporary folders are removed. */
  end(): Promise<void>;
}

interface Asked {
  readonly resolve: (answer: string | number) => void;
  readonly reject: (fault: Fault) => void;
}

interface Spawned {
  pid: number | undefined;
  readonly endSignal: NodeJS.Signals;
  readonly resolve: (exit: Exit) => void;
}

export function startReaper(): ReaperLink {
  const reaper = fork(fileURLToPath(new URL('./reaper.ts', import.meta.url)), [], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // The owner's debugger, loaders and coverage are not the reaper's.
    execArgv: [],
    env: inheritedEnv(),
  });
  const asked = new Map<number, Asked>();
  const spawned = new Map<number, Spawned>();
  const folders: string[] = [];
  const gone = Promise.withResolvers<void>();
  let lastId = 0;
  let holders = 0;

  /** An idle stack must not keep its owner's event loop alive: an owner that ends without `end()` is cleaned up after. */
  async function holding<T>(promise: Promise<T>): Promise<T> {
    if (++holders === 1) {
      reaper.ref();
      reaper.channel?.ref();
    }
    try {
      return await promise;
    } finally {
      if (--holders === 0) {
        reaper.unref();
        reaper.channel?.unref();
      }
    }
  }

  async function ask(body: RequestBody, id = ++lastId): Promise<string | number> {
    if (!reaper.connected) throw ended();
    const { promise, resolve, reject } = Promise.withResolvers<string | number>();
    asked.set(id, { resolve, reject });
    reaper.send({ id, ...body }, (error) => {
      if (error !== null && asked.delete(id)) reject(ended());
    });
    return await holding(promise);
  }

  reaper.on('message', (message) => {
    const answer = message as Answer;
    if ('exited' in answer) {
      spawned.get(answer.id)?.resolve({ code: answer.code, signal: answer.signal });
      spawned.delete(answer.id);
      return;
    }
    const request = asked.get(answer.id);
    asked.delete(answer.id);
    if ('refused' in answer) return request?.reject(refusal(answer.refused));
    request?.resolve(answer.answer);
  });
  // Never forked: no memory, no file descriptors.
  reaper.on('error', () => reaper.pid === undefined && over(null));
  reaper.on('exit', over);

  function over(code: number | null): void {
    for (const { reject } of asked.values()) reject(ended());
    asked.clear();
    for (const { pid, endSignal, resolve } of spawned.values()) {
      // Only a reaper that was itself killed leaves anything to the owner. Not SIGKILL: nobody is there any more to
      // force, and PostgreSQL would leave its shared memory.
      if (code !== 0 && pid !== undefined) signalQuietly(pid, endSignal);
      resolve({ code: null, signal: endSignal });
    }
    spawned.clear();
    gone.resolve();
  }

  return {
    async temporaryFolder(parent) {
      const folder = String(await ask({ ask: 'folder', parent }));
      folders.push(folder);
      return folder;
    },
    async lock(file) {
      await ask({ ask: 'lock', file });
    },
    async spawn(spec) {
      const id = ++lastId;
      const { promise: exited, resolve } = Promise.withResolvers<Exit>();
      // Before asking: `exited` may be the message right after the answer.
      const entry: Spawned = { pid: undefined, endSignal: spec.endSignal, resolve };
      spawned.set(id, entry);
      try {
        const pid = Number(await ask({ ask: 'spawn', spec }, id));
        entry.pid = pid;
        return {
          pid,
          exited,
          ended: () => holding(exited),
          async signal(signal) {
            await ask({ ask: 'signal', target: id, signal });
          },
        };
      } catch (error) {
        spawned.delete(id);
        throw error;
      }
    },
    async end() {
      if (reaper.connected) reaper.disconnect();
      await holding(gone.promise);
      await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true, maxRetries: 50 })));
    },
  };
}

function refusal(errno: string): Fault {
  return new Fault('reaper_refused', `the operating system refused (${errno})`, { heals: false, details: { errno } });
}

function ended(): Fault {
  return new Fault('local_stack_stopped', 'the local stack is stopped', { heals: false });
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Already gone.
  }
}
