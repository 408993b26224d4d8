import { readdirSync, readFileSync } from 'node:fs';

/** `/proc/<pid>/stat`, as far as it is asked: state and parent. Undefined when there is none; proc(5). */
function statOf(pid: number | string): { readonly state: string; readonly parent: number } | undefined {
  try {
    const [, state = '', parent = ''] = /\) (\S) (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

/** Stopped by a signal. Only Linux tells. */
export function isFrozen(pid: number): boolean {
  return statOf(pid)?.state === 'T';
}

/** Processes of this one's that run; empty where there is no /proc. */
export function children(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        const stat = statOf(pid);
        return stat?.parent === process.pid && stat.state !== 'Z';
      })
      .map(Number);
  } catch {
    return [];
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return statOf(pid)?.state !== 'Z';
  } catch {
    return false;
  }
}
