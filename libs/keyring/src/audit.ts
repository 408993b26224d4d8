/**
 * Who looked, and why: one line of JSON for each act of the custodian, appended before its answer is shown. What cannot
 * be recorded is not answered.
 *
 * Each entry carries the SHA-256 of the one before it and of itself, so an entry that is changed, taken out, put in or
 * moved breaks the chain where it stands. The last hash and the number of entries stand in a second file, so that a
 * shortened log shows as well. Both files lie with the custodian's keys: whoever can write there and recomputes every
 * hash leaves no trace; keep a copy of the second file elsewhere if that is a worry.
 *
 * An entry never holds a value: verbs, fields, key ids, counts and the reason that was given.
 */
import { createHash } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { Fault } from '@masque/fault';
import { keyPaths } from '@masque/key-files';
import { withLock } from './lock.ts';

export interface AuditEntry {
  /** `unmask`, `quarantine_reveal`, … */
  readonly verb: string;
  readonly reason: string;
  readonly count: number;
  readonly fields?: readonly string[];
  readonly kids?: readonly string[];
}

export interface RecordedEntry extends AuditEntry {
  readonly seq: number;
  /** ISO 8601. */
  readonly at: string;
  readonly user: string;
  readonly previous: string;
  readonly hash: string;
}

const origin = '0'.repeat(64);

export function auditFiles(dir: string): { readonly log: string; readonly head: string } {
  const folder = dirname(keyPaths(dir).custodian.unmask);
  return { log: join(folder, 'audit.jsonl'), head: join(folder, 'audit.head') };
}

/** @throws {Fault} `audit_unwritable`, `audit_broken`: nothing is answered then */
export async function recordAudit(dir: string, entry: AuditEntry): Promise<void> {
  const { log, head } = auditFiles(dir);
  try {
    await withLock(`${log}.lock`, async () => {
      const last = (await readHead(head)) ?? { seq: 0, hash: origin };
      const unhashed = {
        seq: last.seq + 1,
        at: new Date().toISOString(),
        user: userName(),
        ...entry,
        previous: last.hash,
      };
      const recorded: RecordedEntry = { ...unhashed, hash: hashOf(unhashed) };
      await appendFile(log, `${JSON.stringify(recorded)}\n`, { mode: 0o600, flush: true });
      await writeFile(head, `${recorded.seq} ${recorded.hash}\n`, { mode: 0o600, flush: true });
    });
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('audit_unwritable', `cannot write ${log}, so nothing is answered`, {
      heals: false,
      setting: 'MASQUE_KEYS_DIR',
      advice: 'The folder custodian/ must be writable to whoever acts as the custodian.',
      details: { cause: (error as NodeJS.ErrnoException).code ?? 'unknown' },
    });
  }
}

/**
 * @returns the number of entries
 * @throws {Fault} `audit_broken` naming the first entry that does not fit
 */
export async function verifyAudit(dir: string): Promise<{ readonly entries: number }> {
  const { log, head } = auditFiles(dir);
  const text = await readFile(log, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  let previous = origin;
  for (const [index, line] of lines.entries()) {
    const entry = parse(line);
    if (entry === undefined) throw broken(index + 1, 'cannot be read');
    const { hash, ...unhashed } = entry;
    if (hash !== hashOf(unhashed)) throw broken(index + 1, 'was changed');
    if (entry.seq !== index + 1 || entry.previous !== previous)
      throw broken(index + 1, 'does not follow the one before it');
    previous = hash;
  }
  const last = (await readHead(head)) ?? { seq: 0, hash: origin };
  if (last.seq !== lines.length || last.hash !== previous)
    throw broken(lines.length, 'is not the last that was written');
  return { entries: lines.length };
}

async function readHead(file: string): Promise<{ readonly seq: number; readonly hash: string } | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const [, seq, hash] = /^(\d+) ([0-9a-f]{64})\n$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined) throw broken(0, 'cannot be followed: audit.head is damaged');
  return { seq: Number(seq), hash };
}

/** A user id needs no name: a container's often has none. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.geteuid?.() ?? 'unknown'}`;
  }
}

function parse(line: string): RecordedEntry | undefined {
  try {
    return JSON.parse(line) as RecordedEntry;
  } catch {
    return undefined;
  }
}

/** Over the JSON text of the entry without its hash: keys keep the order in which they were written. */
function hashOf(entry: Omit<RecordedEntry, 'hash'>): string {
  return createHash('sha256').update(JSON.stringify(entry)).digest('hex');
}

function broken(entry: number, what: string): Fault {
  return new Fault('audit_broken', `the audit log is broken: entry ${entry} ${what}`, {
    heals: false,
    setting: 'MASQUE_KEYS_DIR',
    advice: 'Somebody has edited custodian/audit.jsonl or audit.head. Keep both as they are and find out who.',
    details: { entry },
  });
}
