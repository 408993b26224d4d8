import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Replicas, stages } from '@masque/local-pipeline';
import type { Arena } from './arena.ts';
import type { Variant } from './arguments.ts';

/** What empties the queue. Its processes are ours to measure from outside, by the operating system's account. */
export interface Contestant {
  readonly name: string;
  /** Whether the messages end as rows; the floor only deletes them. */
  readonly loads: boolean;
  /** Messages put aside become quarantine entries, not nothing. */
  readonly quarantines: boolean;
  /** Starts; the last process to start is the one that receives. */
  start(arena: Arena): Promise<Running>;
}

export interface Running {
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
  /** From the start of a process until it says that it is ready, milliseconds; by name, where it says so. */
  readonly startMs: Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

/** The three stages as they ship. */
export function masque(replicas: Replicas, { name, settings }: Variant = { name: 'masque', settings: {} }): Contestant {
  return {
    name,
    loads: true,
    quarantines: true,
    async start(arena) {
      const local = await arena.openPipeline(settings);
      const startMs: Record<string, number> = {};
      // The extractor last: the queue is full, and the bill begins with its first receive.
      for (const stage of [...stages].reverse()) {
        const began = performance.now();
        await Promise.all(Array.from({ length: replicas[stage] }, () => local.start(stage).whenReady()));
        startMs[stage] = performance.now() - began;
      }
      return {
        processes: local.processes.map(({ stage, pid }) => ({ name: stage, pid })),
        startMs,
        stop: async () => void (await local.stop()),
      };
    },
  };
}

/**
 * A program of any kind: it has to drain the queue SQS_QUEUE_URL at AWS_ENDPOINT_URL_SQS into the table `bench_logins`
 * of DATABASE_URL, masking with the keys in MASQUE_KEYS_DIR as MASQUE_PIPELINE says where it can, and to end on
 * SIGTERM. It need not say anything: the bench looks at the queue and at the table.
 */
export function command(name: string, argv: readonly string[], loads = true): Contestant {
  return {
    name,
    loads,
    quarantines: false,
    async start({ settings, root }) {
      const [program = '', ...args] = argv;
      const child = spawn(program, args, {
        env: { ...process.env, ...settings, AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const log = createWriteStream(join(root, 'logs', `${name}.log`));
      child.stdout.pipe(log, { end: false });
      child.stderr.pipe(log, { end: false });
      return { processes: [{ name, pid: child.pid ?? -1 }], startMs: {}, stop: () => stop(child) };
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(force);
}

/** One of the programs in `contestants/`. */
export function ownProgram(file: string): readonly string[] {
  return [process.execPath, fileURLToPath(new URL(`./contestants/${file}.ts`, import.meta.url))];
}
