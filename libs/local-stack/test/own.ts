import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { OwnerOptions, OwnerReport } from './owner.ts';

export const isRoot = process.getuid?.() === 0;

/** Root can start processes as other users; but in a checkout below a folder of mode 0700 they could not run Node. */
export const canBeOthers =
  isRoot && foldersAbove(process.execPath).every((folder) => (statSync(folder).mode & 0o001) !== 0);

function foldersAbove(path: string): string[] {
  const folder = dirname(path);
  return folder === path ? [] : [folder, ...foldersAbove(folder)];
}

/** A folder of the test's own, with a space in its path; open to PostgreSQL's account unless told. */
export function ownFolder(mode = 0o755): string {
  const folder = mkdtempSync(join(tmpdir(), 'masque test '));
  chmodSync(folder, mode);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Owner {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly temporary: string;
  /** Everything said on stderr so far, progress included. */
  readonly errors: () => string;
  readonly output: () => string;
  report(): Promise<OwnerReport>;
  exit(): Promise<readonly [code: number | null, signal: string | null]>;
}

export interface OwnerPlace {
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
}

/** Runs `owner.ts` with a temporary folder of its own, so that whatever is left in there was left by it. */
export function startOwner(options: OwnerOptions, { env = {}, ...account }: OwnerPlace = {}): Owner {
  const temporary = ownFolder(account.uid === undefined ? 0o755 : 0o777);
  const owner = spawn(
    process.execPath,
    [fileURLToPath(new URL('./owner.ts', import.meta.url)), JSON.stringify(options)],
    {
      env: { ...process.env, TMPDIR: temporary, ...env },
      // A process group of its own, so that a test can press Ctrl-C on it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...account,
    },
  );
  const exited = once(owner, 'exit') as Promise<[number | null, string | null]>;
  let errors = '';
  owner.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  let output = '';
  owner.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const lines = createInterface({ input: owner.stdout });
  const firstLine = once(lines, 'line') as Promise<[string]>;
  onTestFinished(() => {
    owner.kill('SIGKILL');
  });
  return {
    process: owner,
    pid: owner.pid ?? 0,
    temporary,
    errors: () => errors,
    output: () => output,
    async report() {
      const first = await Promise.race([firstLine, exited]);
      if (typeof first[0] !== 'string') throw new Error(`the owner ended early: ${errors}`);
      return JSON.parse(first[0]) as OwnerReport;
    },
    exit: () => exited,
  };
}

/** Polls, because nothing announces an absence. */
export async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(50)) if (await condition()) return;
  throw new Error(`still not: ${what}`);
}

/** `ps` tells the dead whose parent did not look yet; it is a process of its own, so only where the kernel has one. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return table().some((each) => each.pid === pid);
}

/** Everything below a process, children's children included. */
export function descendants(pid: number): number[] {
  const children = table().filter((each) => each.parent === pid);
  return [...children.map((child) => child.pid), ...children.flatMap((child) => descendants(child.pid))];
}

export function isEmpty(folder: string): boolean {
  return readdirSync(folder).length === 0;
}

/** PATH without Redis: links to every program but it. */
export function pathWithoutRedis(): string {
  const folder = ownFolder();
  for (const from of (process.env['PATH'] ?? '').split(delimiter).filter(existsSync)) {
    for (const name of readdirSync(from)) {
      if (/^(redis|valkey)-/.test(name) || existsSync(join(folder, name))) continue;
      symlinkSync(join(from, name), join(folder, name));
    }
  }
  return folder;
}

/** Without the dead whose parent did not look yet. */
function table(): { readonly pid: number; readonly parent: number }[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => state?.startsWith('Z') !== true)
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
}
