import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { World } from './world.ts';

const bin = resolve(import.meta.dirname, '../../cli/bin/masque.js');

export interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of standard output, with `--json`. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** The command as a person gives it, in an environment of these settings alone. */
export async function command(
  settings: Readonly<Record<string, string>>,
  args: readonly string[],
  input = '',
): Promise<Answer> {
  const own = { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '' };
  const child = spawn(process.execPath, [bin, ...args], { env: { ...own, ...settings } });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => (output[stream] += text));
  }
  const status = await new Promise<number | null>((done) => child.once('close', done));
  const last = output.stdout.trimEnd().split('\n').at(-1) ?? '';
  return { ...output, status, json: last.startsWith('{') ? (JSON.parse(last) as Answer['json']) : {} };
}

/** `masque … --json` with the world's settings, as the custodian. */
export function masque(world: World, ...args: string[]): Promise<Answer> {
  return command({ ...world.local.settings, DATABASE_URL: world.logins.custodian }, [...args, '--json']);
}
