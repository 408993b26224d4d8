import { readFileSync, statfsSync } from 'node:fs';
import { freemem } from 'node:os';

const folder = '/dev/shm';
/** A whole run of tests has 0.4 GB there at its most. */
const roomNeeded = 4 * 2 ** 30;

/**
 * A folder in memory, for files that nobody keeps: on Linux, where programs may run from it and there is plenty of room;
 * containers mostly give it 64 MB. Undefined elsewhere.
 *
 * A database is 300 files, and tests make and drop some 400 of them. An ext4 without a journal looks past every inode
 * that was freed in the last minutes before it gives one out: the tests of libs/postgres-sink took 54 s of CPU on it, 25
 * in memory.
 */
export function memoryFolder(mounts = read('/proc/mounts'), roomThere = room): string | undefined {
  const mount = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .findLast(([, path]) => path === folder);
  const [, , type, options = ''] = mount ?? [];
  if (type !== 'tmpfs' || /(?:^|,)(?:ro|noexec)(?:,|$)/.test(options)) return undefined;
  return roomThere() >= roomNeeded ? folder : undefined;
}

function room(): number {
  const { bavail, bsize } = statfsSync(folder);
  return Math.min(bavail * bsize, freemem());
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // No Linux.
    return '';
  }
}
