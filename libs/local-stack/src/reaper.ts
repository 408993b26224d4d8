/**
 * The process that outlives its owner by a moment.
 *
 * A library may not handle the signals of the process it lives in, and nobody can handle SIGKILL. So the servers are
 * children of this process, not of the owner. It ends when its IPC channel closes, which the kernel does however the
 * owner ends; a normal stop takes the same way. Being the parent it never signals a recycled pid, and no server can
 * be lost between its spawn and its registration.
 *
 *   serving --(channel closed, SIGTERM, SIGINT, SIGHUP)--> ending --(children gone, folders removed)--> exit
 *
 * Invariants: nothing is spawned once it is ending; every child is in a session of its own, so that Ctrl-C reaches
 * the owner alone; folders go after the last child, locks after the folders.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Answer, ProcessSpec, Request } from './reaper-message.ts';

interface Child {
  readonly process: ChildProcess;
  readonly spec: ProcessSpec;
  readonly gone: Promise<unknown>;
}

/** Longer than any child's grace: a predecessor on the same data may be ending still. */
const endingPatienceMs = 60_000;
/** Until a predecessor notices that its owner is gone. */
const noticePatienceMs = 300;
const children = new Map<number, Child>();
const folders: string[] = [];
/** Let go as ending begins: whoever finds it held need not wait. The lock itself goes with the process. */
let ownerLock: DatabaseSync | undefined;
let stackLock: DatabaseSync | undefined;
let ending = false;

function handle(request: Request): void {
  const { id } = request;
  if (ending) return;
  try {
    switch (request.ask) {
      case 'folder': {
        const folder = mkdtempSync(join(request.parent, 'masque-'));
        folders.push(folder);
        return tell({ id, answer: folder });
      }
      case 'lock':
        ownerLock = lock(`${request.file}.owner`, noticePatienceMs);
        stackLock = lock(request.file, endingPatienceMs);
        return tell({ id, answer: request.file });
      case 'spawn':
        return start(id, request.spec);
      case 'signal':
        signalChild(request.target, request.signal);
        return tell({ id, answer: request.target });
      default:
        return request satisfies never;
    }
  } catch (error) {
    tell({ id, refused: errorCode(error) });
  }
}

function start(id: number, spec: ProcessSpec): void {
  const log = openSync(spec.log, 'a', 0o600);
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: { ...spec.env },
    detached: true,
    stdio: ['ignore', log, log],
    ...spec.account,
  });
  closeSync(log);
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  child.on('error', (error) => {
    // Also emitted when a signal could not be sent; only a child that never ran has no pid.
    if (child.pid !== undefined) return;
    tell({ id, refused: errorCode(error) });
    resolve();
  });
  child.on('exit', (code, signal) => {
    children.delete(id);
    tell({ id, exited: true, code, signal });
    resolve();
  });
  if (child.pid === undefined) return;
  children.set(id, { process: child, spec, gone });
  tell({ id, answer: child.pid });
}

function signalChild(id: number, signal: NodeJS.Signals): void {
  const child = children.get(id);
  if (child === undefined) return;
  if (signal === 'SIGKILL') return killGroup(child);
  child.process.kill(signal);
  const force = setTimeout(() => killGroup(child), child.spec.graceMs);
  child.process.once('exit', () => clearTimeout(force));
}

/** The whole session: apt's downloaders, a Redis that forked to save. */
function killGroup({ process: child }: Child): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

/**
 * SQLite's lock is the kernel's (fcntl), so it goes with this process and no pid has to be trusted; Node has no flock.
 */
function lock(file: string, patienceMs: number): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: patienceMs });
  database.exec('BEGIN EXCLUSIVE');
  return database;
}

async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  ownerLock?.close();
  const all = [...children];
  for (const [id, { spec }] of all) signalChild(id, spec.endSignal);
  await Promise.all(all.map(([, { gone }]) => gone));
  // PostgreSQL's own children may still write for a moment after a SIGKILL of their parent.
  await Promise.allSettled(
    folders.map((folder) => rm(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 })),
  );
  stackLock?.close();
  process.exit(0);
}

function tell(answer: Answer): void {
  // The owner may be gone already; then nobody is there to hear it.
  if (process.connected) process.send?.(answer, () => {});
}

function errorCode(error: unknown): string {
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  const sqliteBusy = 5;
  if (errcode === sqliteBusy) return 'in_use';
  return typeof code === 'string' ? code : 'EUNKNOWN';
}

process.on('message', handle);
process.on('disconnect', () => void end());
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end());
