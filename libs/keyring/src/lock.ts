import { randomBytes } from 'node:crypto';
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@masque/fault';

const patienceMs = 10_000;

/**
 * Runs `work` while this process alone holds the file, which names its pid and host. A lock whose process is gone is
 * taken over; one from another host, or from another container, is not: its pid means nothing here.
 * @throws {Fault} `locked` when another process holds it for ten seconds
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await take(file);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<void> {
  const end = Date.now() + patienceMs;
  // Written first and linked then, so that a lock never stands without its holder's name, whatever is killed.
  const own = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(own, `${process.pid} ${hostname()}`, { mode: 0o600, flag: 'wx' });
  try {
    while (!(await tryLink(own, file))) {
      const holder = await readHolder(file);
      if (isGone(holder)) await takeAway(file, own, holder);
      if (Date.now() > end) throw locked(file, holder);
      await sleep(20);
    }
  } finally {
    await rm(own, { force: true });
  }
}

async function tryLink(own: string, file: string): Promise<boolean> {
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

/**
 * Of those that find the same lock forsaken, one may remove it, and never the lock that follows: whoever removes it
 * holds a claim on this very file, by inode and time, and looks once more while holding it. A rename would not do: for
 * a moment nobody's lock stands, and one that was let go meanwhile would be put back for ever.
 */
async function takeAway(file: string, own: string, holder: string): Promise<void> {
  const identity = await identityOf(file);
  const claim = `${file}.${identity}`;
  if (identity === undefined || !(await tryLink(own, claim))) return;
  try {
    if ((await identityOf(file)) === identity && (await readHolder(file)) === holder) await rm(file, { force: true });
  } finally {
    await rm(claim, { force: true });
  }
}

async function identityOf(file: string): Promise<string | undefined> {
  return stat(file, { bigint: true }).then(
    ({ ino, mtimeNs }) => `${ino}-${mtimeNs}`,
    () => undefined,
  );
}

function isGone(holder: string): boolean {
  const [pid = '', host = hostname()] = holder.split(' ');
  return Number(pid) > 0 && host === hostname() && !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function locked(file: string, holder: string): Fault {
  const [pid = '', host = ''] = holder.split(' ');
  return new Fault('locked', `process ${pid}${host === '' ? '' : ` on ${host}`} holds ${file}`, {
    heals: true,
    advice: 'Wait for it to end; remove the file if no such process is at work.',
    details: { pid: Number(pid), host },
  });
}
