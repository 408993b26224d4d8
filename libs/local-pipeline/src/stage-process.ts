import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Fault } from '@masque/fault';
import { parseMetrics, type Samples } from './exposition.ts';

export const stages = ['extractor', 'masker', 'loader'] as const;
export type StageName = (typeof stages)[number];
/** What runs as a process of its own here. */
export type AppName = StageName | 'dashboard';
export type Replicas = Readonly<Record<StageName, number>>;

/** One replica of a stage, or the dashboard, as a process of its own: the same command that a container runs. */
export interface StageProcess<Name extends AppName = StageName> {
  readonly stage: Name;
  readonly pid: number;
  /** Its `/metrics`, summed over labels; undefined when it does not answer. */
  scrape(): Promise<Samples | undefined>;
  /** The same as it stands; empty when it does not answer. */
  scrapeText(): Promise<string>;
  /** Resolves when `/readyz` says so. @throws {Fault} `stage_ended` */
  whenReady(signal?: AbortSignal): Promise<void>;
  /** Where the dashboard's pages are; a stage has none and never says. @throws {Fault} `stage_ended` */
  readonly pages: Promise<string>;
  /** The code of what it waits for, as `/readyz` tells it; undefined when it is ready, or does not answer. */
  waitingFor(): Promise<string | undefined>;
  /** Resolves with the exit status once it has ended, whoever ended it. */
  readonly ended: Promise<number | null>;
  /** Closes our end of its standard output and error: what it logs has nowhere to go. */
  closeOutput(): void;
  /** SIGTERM, or another signal; resolves with the exit status. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface StageProcessOptions<Name extends AppName> {
  readonly stage: Name;
  readonly replica: number;
  readonly env: Readonly<Record<string, string>>;
  /** Its log goes to `<stage>-<replica>.log` in here. */
  readonly logDir: string;
}

/** A process that is stopped (SIGSTOP) takes connections and answers none. */
const answersWithinMs = 2_000;

/** As in the stages' own `start` and in the images: a stage's memory, docs/decisions/0019. */
const nodeFlags = ['--max-semi-space-size=8'];
const memoryEnv = { MALLOC_ARENA_MAX: '1' };

const tether = fileURLToPath(new URL('./tether.ts', import.meta.url));

export function startStage<Name extends AppName>({
  stage,
  replica,
  env,
  logDir,
}: StageProcessOptions<Name>): StageProcess<Name> {
  const main = fileURLToPath(new URL(`../../../apps/${stage}/src/main.ts`, import.meta.url));
  const logFile = join(logDir, `${stage}-${replica}.log`);
  const child = spawn(process.execPath, [...nodeFlags, '--import', tether, main], {
    // Nothing of this process's environment but what finds programs: the settings are all there is.
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      ...memoryEnv,
      // Compiled sources are kept between starts: 0.2 s of CPU a start instead of 0.45.
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? compileCache(),
      ...env,
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: '0',
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    // Ctrl-C in a terminal reaches the whole group; the demo stops its stages itself, in order.
    detached: true,
  });
  const log = createWriteStream(logFile);
  child.stderr.pipe(log, { end: false });
  const port = Promise.withResolvers<number>();
  const pages = Promise.withResolvers<string>();
  const ask = async (path: string): Promise<Response | undefined> =>
    await fetch(`http://127.0.0.1:${await port.promise}${path}`, {
      signal: AbortSignal.timeout(answersWithinMs),
    }).catch(() => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => {
    log.write(`${line}\n`);
    const found = /"port":(\d+)/.exec(line)?.[1];
    if (found !== undefined) port.resolve(Number(found));
    const url = /"url":"([^"]+)".*"event":"serving"/.exec(line)?.[1];
    if (url !== undefined) pages.resolve(url);
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', (status) => {
      log.end();
      resolve(status);
    });
  });
  for (const waited of [port, pages]) {
    void ended.then((status) => waited.reject(endedEarly(stage, status, logFile)));
    waited.promise.catch(() => {});
  }

  async function scrapeText(): Promise<string> {
    const response = await ask('/metrics');
    return response?.ok === true ? response.text().catch(() => '') : '';
  }

  return {
    stage,
    pid: child.pid ?? -1,
    pages: pages.promise,
    ended,
    async scrape() {
      const text = await scrapeText();
      return text === '' ? undefined : parseMetrics(text);
    },
    scrapeText,
    async whenReady(signal) {
      for (;;) {
        signal?.throwIfAborted();
        const response = await ask('/readyz');
        if (response?.ok === true) return;
        if (child.exitCode !== null || child.signalCode !== null) throw endedEarly(stage, child.exitCode, logFile);
        await sleep(50);
      }
    },
    async waitingFor() {
      const answer = (await (await ask('/readyz'))?.json()) as { readonly waitingFor?: string } | undefined;
      return answer?.waitingFor;
    },
    closeOutput() {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

/** Beside what libs/local-stack keeps. The user's own: whoever could write there could change what runs. */
function compileCache(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'masque', 'compiled');
}

function endedEarly(stage: AppName, status: number | null, logFile: string): Fault {
  return new Fault('stage_ended', `the ${stage} ended with status ${status ?? 'none'}; its log is ${logFile}`, {
    heals: false,
  });
}
