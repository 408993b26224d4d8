import { readdirSync, readFileSync } from 'node:fs';

/** User and system time of a process, all of its threads and the children it has waited for; milliseconds. */
export function cpuMs(pid: number): number {
  const fields = statOf(pid);
  // utime, stime, cutime and cstime; proc_pid_stat(5), counted from the state.
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * tickMs;
}

/** The same with every process below it that runs: a PostgreSQL server is a process a connection. */
export function treeCpuMs(pid: number): number {
  return tree(pid).reduce((sum, each) => sum + cpuMs(each), 0);
}

/** VmHWM, the most memory that the process ever had at once; MiB. Of a tree, its largest process. */
export function peakRssMb(pid: number): number {
  return Math.max(
    0,
    ...tree(pid).map((each) => Number(/^VmHWM:\s+(\d+) kB$/m.exec(read(each, 'status'))?.[1] ?? 0) / 1_024),
  );
}

/** USER_HZ, which Linux has fixed at 100 for what it tells user space, whatever the kernel's own HZ. */
const tickMs = 10;

function tree(root: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: Number(statOf(Number(name))[1]) }));
  const found = [root];
  for (const pid of found) found.push(...parents.filter(({ parent }) => parent === pid).map((each) => each.pid));
  return found;
}

/** From the state on; a name in brackets, which may hold anything, comes before it. Empty for a process that is gone. */
function statOf(pid: number): string[] {
  const text = read(pid, 'stat');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}
