import { spawn, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The command as a person gives it: a process of its own, with this environment and no other. */
export interface MasqueOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input, whole; none unless given. */
  readonly input?: string | Uint8Array;
  /** In a terminal of so many columns, by util-linux's `script`: both streams are one, and Ctrl-C is typed. */
  readonly columns?: number;
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Both streams so far. */
  said(): string;
  /** Resolves when it has said so. @throws with everything said, when it ends first. */
  whenSaid(words: string): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Into its terminal. */
  type(text: string): void;
  /** Nobody reads its output any more. */
  closeOutput(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const root = resolve(import.meta.dirname, '../../..');
export const bin = resolve(root, 'apps/cli/bin/masque.js');

export function startMasque(args: readonly string[], options: MasqueOptions = {}): Running {
  const [command = '', ...rest] =
    options.columns === undefined ? [process.execPath, bin, ...args] : inTerminal(options.columns, args);
  const child = spawn(command, rest, {
    cwd: options.cwd ?? root,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      TMPDIR: tmpdir(),
      // Halves what a start costs, and there are many here.
      NODE_COMPILE_CACHE: resolve(root, 'node_modules/.cache/masque-cli'),
      ...options.env,
    },
  });
  child.stdin.on('error', () => {});
  if (options.columns === undefined) child.stdin.end(options.input ?? '');
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => (output[stream] += text));
  }
  let isOver = false;
  const ended = new Promise<Ended>((done) =>
    child.once('close', (status) => {
      isOver = true;
      done({ status, ...output });
    }),
  );
  const said = (): string => output.stdout + output.stderr;
  return {
    pid: child.pid ?? -1,
    ended,
    said,
    async whenSaid(words) {
      while (!said().includes(words)) {
        if (isOver) throw new Error(`it ended without saying: ${words}\n${said()}`);
        await sleep(20);
      }
    },
    signal: (signal) => void child.kill(signal),
    type: (text) => void child.stdin.write(text),
    closeOutput() {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function inTerminal(columns: number, args: readonly string[]): string[] {
  const quoted = [process.execPath, bin, ...args].map((word) => `'${word}'`).join(' ');
  return ['script', '-qec', `stty cols ${columns} rows 24; exec ${quoted}`, '/dev/null'];
}

export const hasTerminal = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;

export async function masque(args: readonly string[], options: MasqueOptions = {}): Promise<Ended> {
  return startMasque(args, options).ended;
}

/** The last line of standard output, which is the answer for machines. */
export function lastLine({ stdout }: Ended): unknown {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}
