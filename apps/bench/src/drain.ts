/**
 * One measurement: a full queue, a contestant, and the operating system's account of what it took.
 *
 *     filled ──contestant started──▶ waiting ──first message received──▶ draining ──last deleted──▶ done
 *
 * The bill runs over `draining` alone and for everybody alike: the SQS server itself says when the first message is
 * taken and when none is left, so a contestant need not be able to tell. How long a start takes is a figure of its own.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Arena } from './arena.ts';
import type { Contestant, Running } from './contestant.ts';
import { cpuMs, peakRssMb, treeCpuMs } from './processes.ts';

export interface Share {
  /** Per message, microseconds. */
  readonly cpuUs: number;
  readonly rssMb: number;
}

export interface Drained {
  /** Messages a second. */
  readonly rate: number;
  /** Of the contestant's processes together, per message. */
  readonly cpuUs: number;
  /** By process name; replicas of one name together, their largest resident size. */
  readonly shares: Readonly<Record<string, Share>>;
  readonly servers: Readonly<Record<'sqs' | 'redis' | 'postgres', Share>>;
  readonly startMs: Readonly<Record<string, number>>;
}

/** Nothing was taken or deleted for so long: it will not end. */
const stuckAfterMs = 60_000;

export async function drain(
  arena: Arena,
  contestant: Contestant,
  messages: Messages,
  signal: AbortSignal,
): Promise<Drained> {
  await arena.clear();
  for (const bodies of messages.chunks()) {
    signal.throwIfAborted();
    await arena.stack.sqs.send(arena.queueUrl, bodies);
  }
  const running = await contestant.start(arena);
  try {
    return await watch(arena, running, messages, signal, contestant);
  } finally {
    await running.stop();
  }
}

export interface Messages {
  readonly count: number;
  /** Of which so many are no logins. */
  readonly bad: number;
  chunks(): Iterable<string[]>;
}

async function watch(
  arena: Arena,
  running: Running,
  { count, bad }: Messages,
  signal: AbortSignal,
  contestant: Contestant,
): Promise<Drained> {
  const look = () => arena.stack.sqs.counts(arena.queueUrl);
  let moved = performance.now();
  let left = count;
  const step = async (ms: number): Promise<void> => {
    signal.throwIfAborted();
    if (performance.now() - moved > stuckAfterMs)
      throw new Error(`${contestant.name} left ${left} messages in the queue`);
    await sleep(ms);
  };
  while ((await look()).visible === count) await step(2);
  const began = performance.now();
  const before = bill(arena, running);
  for (;;) {
    const { visible, inFlight } = await look();
    if (visible + inFlight === 0) break;
    if (visible + inFlight !== left) moved = performance.now();
    left = visible + inFlight;
    // Often enough to miss the end by little, seldom enough to cost the server nothing that shows.
    await step(left > count / 20 ? 100 : 5);
  }
  const seconds = (performance.now() - began) / 1_000;
  const after = bill(arena, running);
  await check(arena, contestant, count, bad);
  const share = (name: string): Share => ({
    cpuUs: (((after.get(name)?.cpu ?? 0) - (before.get(name)?.cpu ?? 0)) * 1_000) / count,
    rssMb: after.get(name)?.rss ?? 0,
  });
  const names = [...new Set(running.processes.map(({ name }) => name))];
  const shares = Object.fromEntries(names.map((name) => [name, share(name)]));
  return {
    rate: count / seconds,
    cpuUs: Object.values(shares).reduce((sum, { cpuUs }) => sum + cpuUs, 0),
    shares,
    servers: { sqs: share('server sqs'), redis: share('server redis'), postgres: share('server postgres') },
    startMs: running.startMs,
  };
}

type Bill = ReadonlyMap<string, { readonly cpu: number; readonly rss: number }>;

function bill({ stack }: Arena, { processes }: Running): Bill {
  const found = new Map<string, { cpu: number; rss: number }>();
  for (const { name, pid } of processes) {
    const { cpu, rss } = found.get(name) ?? { cpu: 0, rss: 0 };
    found.set(name, { cpu: cpu + cpuMs(pid), rss: Math.max(rss, peakRssMb(pid)) });
  }
  for (const server of [stack.sqs, stack.redis, stack.postgres]) {
    const { name, pid = -1 } = server;
    found.set(`server ${name}`, { cpu: treeCpuMs(pid), rss: peakRssMb(pid) });
  }
  return found;
}

/** A contestant that is fast because it leaves something out is none. */
async function check(
  arena: Arena,
  { name, loads, quarantines }: Contestant,
  count: number,
  bad: number,
): Promise<void> {
  const { rows, quarantined } = await arena.placed();
  const due = { rows: loads ? count - bad : 0, quarantined: quarantines ? bad : 0 };
  if (rows !== due.rows || quarantined !== due.quarantined) {
    throw new Error(
      `${name} made ${rows} rows and ${quarantined} quarantine entries of ${count} messages, not ${due.rows} and ${due.quarantined}`,
    );
  }
}
