import { setTimeout as sleep } from 'node:timers/promises';

/** Asks once a second. @throws when it is not so for ten minutes: machines that build images are busy */
export async function until(what: string, isSo: () => Promise<boolean>, seconds = 600): Promise<void> {
  const end = Date.now() + seconds * 1_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await sleep(1_000);
  }
}
