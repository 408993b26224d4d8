import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StageName } from '@masque/local-pipeline';

export type LogLine = Readonly<Record<string, unknown>>;

/** A stage as an operator starts it who may have everything wrong: nothing is waited for, everything said is kept. */
export interface LoneStage {
  /** Exit status; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Standard output and standard error so far. */
  said(): string;
  /** The log's lines so far that are warnings or errors. */
  faults(): readonly LogLine[];
  /** Status and `waitingFor` of `/readyz`; undefined while nothing answers. */
  readiness(): Promise<{ readonly status: number; readonly waitingFor?: string } | undefined>;
  /** Resolves when `look` says so. @throws with everything said, when the process ends first or time is up. */
  until(what: string, look: () => boolean | Promise<boolean>): Promise<void>;
  whenReady(): Promise<void>;
  /** SIGTERM; resolves with the exit status. */
  stop(): Promise<number | null>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface LoneStageOptions {
  readonly stage: StageName;
  readonly env: Readonly<Record<string, string>>;
  /** Run as this user, where root starts it. */
  readonly uid?: number;
}

const patienceMs = 30_000;
const root = resolve(import.meta.dirname, '../../..');
/** Halves what a start costs, and there are many here. */
const compileCache = resolve(root, 'node_modules/.cache/masque-stages');

export function startLoneStage({ stage, env, uid }: LoneStageOptions): LoneStage {
  const main = resolve(root, `apps/${stage}/src/main.ts`);
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env['PATH'] ?? '',
      NODE_COMPILE_CACHE: compileCache,
      AWS_EC2_METADATA_DISABLED: 'true',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  let isOver = false;
  const ended = new Promise<number | null>((done) =>
    child.once('close', (status) => {
      isOver = true;
      done(status);
    }),
  );

  function lines(): LogLine[] {
    return output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as LogLine);
  }

  const stageUnderTest: LoneStage = {
    ended,
    said: () => output,
    faults: () => lines().filter(({ level }) => level === 'warn' || level === 'error'),
    async readiness() {
      const port = lines().find((line) => line['event'] === 'starting')?.['port'];
      if (typeof port !== 'number') return undefined;
      const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
      if (response === undefined) return undefined;
      const { waitingFor } = (await response.json()) as { readonly waitingFor?: string };
      return { status: response.status, ...(waitingFor === undefined ? {} : { waitingFor }) };
    },
    async until(what, look) {
      const end = Date.now() + patienceMs;
      while (!(await look())) {
        if (isOver || Date.now() > end) throw new Error(`the ${stage} never became: ${what}\n${output}`);
        await sleep(25);
      }
    },
    whenReady: () => stageUnderTest.until('ready', async () => (await stageUnderTest.readiness())?.status === 200),
    async stop() {
      child.kill();
      return ended;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
  return stageUnderTest;
}
