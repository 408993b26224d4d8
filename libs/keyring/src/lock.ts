import { open, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@masque/fault';

const patienceMs = 10_000;

/**
 * Runs `work` while this process alone holds the file, which names its pid. A lock whose process is gone is taken over.
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
  for (;;) {
    try {
      const handle = await open(file, 'wx', 0o600);
      await handle.writeFile(String(process.pid));
      await handle.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => ''));
    if (holder > 0 && !isAlive(holder)) await rm(file, { force: true });
    if (Date.now() > end) {
      throw new Fault('locked', `process ${holder} holds ${file}`, {
        heals: true,
        advice: 'Wait for it to end; remove the file if no such process is at work.',
        details: { pid: holder },
      });
    }
    await sleep(20);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
