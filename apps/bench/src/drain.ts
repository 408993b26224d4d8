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
import { type Bill, openBill, type ServerShares, type Share } from './bill.ts';
import type { Contestant, Running } from './contestant.ts';
import type { Messages } from './messages.ts';
import { timeOf } from './stretch.ts';

export interface Drained {
  /** Messages a second. */
  readonly rate: number;
  /** Of the contestant's processes together, per message. */
  readonly cpuUs: number;
  /** By process name; replicas of one name together, their largest resident size. */
  readonly shares: Readonly<Record<string, Share>>;
  readonly servers: ServerShares;
  readonly startMs: Readonly<Record<string, number>>;
}

export async function drain(
  arena: Arena,
  contestant: Contestant,
  messages: Messages,
  signal: AbortSignal,
): Promise<Drained> {
  await arena.clear();
  const feeding = feed(arena, messages, signal);
  await feeding.full;
  const running = await contestant.start(arena);
  try {
    const drained = await watch(arena, contestant, running, messages, feeding, signal);
    await feeding.done;
    return drained;
  } finally {
    await running.stop();
  }
}

/**
 * So many wait at once, no more: the local SQS server takes longer over each message the more there are, which no real
 * queue does. Beyond them, messages are sent while others are received.
 */
const depthMax = 100_000;

function feed(arena: Arena, messages: Messages, signal: AbortSignal): Feeding {
  const full = Promise.withResolvers<void>();
  let unsent = messages.count;
  const hasRoom = async (): Promise<boolean> => {
    if (messages.count - unsent < depthMax) return true;
    full.resolve();
    const { visible } = await arena.stack.sqs.counts(arena.queueUrl);
    return visible < depthMax * 0.9;
  };
  const send = async (): Promise<void> => {
    for (const bodies of messages.chunks()) {
      while (!(await hasRoom())) {
        signal.throwIfAborted();
        await sleep(20);
      }
      await arena.stack.sqs.send(arena.queueUrl, bodies);
      unsent -= bodies.length;
    }
  };
  const done = send();
  done.then(full.resolve, full.reject);
  return { full: full.promise, done, unsent: () => unsent };
}

interface Feeding {
  /** All is sent, or as many as may wait. */
  readonly full: Promise<void>;
  readonly done: Promise<void>;
  readonly unsent: () => number;
}

async function watch(
  arena: Arena,
  contestant: Contestant,
  { processes, startMs }: Running,
  { count, bad }: Messages,
  { unsent }: Feeding,
  signal: AbortSignal,
): Promise<Drained> {
  const look = () => arena.stack.sqs.counts(arena.queueUrl);
  let bill: Bill | undefined;
  const { seconds, messages } = await timeOf(
    {
      what: contestant.name,
      total: count,
      hasBegun: async () => (await look()).inFlight > 0 || (await look()).visible < Math.min(count, depthMax),
      async left() {
        const ahead = unsent();
        const { visible, inFlight } = await look();
        return ahead + visible + inFlight;
      },
      signal,
    },
    () => (bill = openBill(arena, processes)),
  );
  const { shares, servers } = bill!.close(messages);
  if (messages === 0)
    throw new Error(`${contestant.name} was done before it was seen to begin; take more than ${count}`);
  await check(arena, contestant, count, bad);
  const cpuUs = Object.values(shares).reduce((sum, share) => sum + share.cpuUs, 0);
  return { rate: messages / seconds, cpuUs, shares, servers, startMs };
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
