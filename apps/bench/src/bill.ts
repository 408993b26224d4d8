import type { Arena } from './arena.ts';
import type { Running } from './contestant.ts';
import { cpuMs, peakRssMb, treeCpuMs } from './processes.ts';

export interface Share {
  /** Per message, microseconds. */
  readonly cpuUs: number;
  readonly rssMb: number;
}

export type ServerShares = Readonly<Record<'sqs' | 'redis' | 'postgres', Share>>;

/** CPU time since it was opened, and memory, of a contestant's processes and of the servers. */
export interface Bill {
  close(messages: number): { readonly shares: Readonly<Record<string, Share>>; readonly servers: ServerShares };
}

interface Reading {
  readonly cpu: number;
  readonly rss: number;
}

export function openBill({ stack }: Arena, processes: Running['processes']): Bill {
  const names = [...new Set(processes.map(({ name }) => name))];
  const shares = (): Map<string, Reading> =>
    new Map(
      names.map((each) => {
        const pids = processes.filter(({ name }) => name === each).map(({ pid }) => pid);
        const cpu = pids.reduce((sum, pid) => sum + cpuMs(pid), 0);
        return [each, { cpu, rss: Math.max(...pids.map(peakRssMb)) }];
      }),
    );
  const servers = (): Map<string, Reading> =>
    new Map(
      [stack.sqs, stack.redis, stack.postgres].map(({ name, pid = -1 }) => [
        name,
        { cpu: treeCpuMs(pid), rss: peakRssMb(pid) },
      ]),
    );
  const before = { shares: shares(), servers: servers() };
  return {
    close(messages) {
      const since = (now: Map<string, Reading>, then: Map<string, Reading>): Record<string, Share> =>
        Object.fromEntries(
          [...now].map(([name, { cpu, rss }]) => [
            name,
            { cpuUs: ((cpu - (then.get(name)?.cpu ?? 0)) * 1_000) / messages, rssMb: rss },
          ]),
        );
      return {
        shares: since(shares(), before.shares),
        servers: since(servers(), before.servers) as ServerShares,
      };
    },
  };
}
