/**
 * The schedule carried out.
 *
 *     round: its share of the messages is sent, evenly, while its mishaps happen
 *         └─▶ a canary: one message more, whose row says that work goes on ─▶ next round
 *
 * A round does not wait for what it has done to be mended: only for its mishaps to be over and, for so long, for its
 * canary. What is left in Redis and in flight meets the next round.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Arena } from './arena.ts';
import type { Draw } from './mishap.ts';
import type { Planned, Round } from './schedule.ts';
import type { Good, Message } from './traffic.ts';

export interface Outcome {
  readonly round: number;
  readonly name: string;
  /** What it did, in words. */
  readonly did: string;
  readonly tookMs: number;
  /** From its end to the row of a message sent then; undefined if that took longer than was waited. */
  readonly recoveredMs: number | undefined;
}

export interface CampaignOptions {
  readonly arena: Arena;
  readonly rounds: readonly Round[];
  readonly messages: readonly Message[];
  readonly canaries: Iterator<Good>;
  readonly signal: AbortSignal;
  readonly onRound: (round: number) => void;
  readonly onOutcome: (outcome: Outcome) => void;
}

/** How long a mishap without a length of its own takes, roughly: a replica that is to be killed must start first. */
const usualMs = 3_000;
const recoversWithinMs = 15_000;
/** No mishap lasts longer than this and its own length; the harness would be at fault. */
const mishapMs = 120_000;
const sliceMs = 50;

export async function carryOut(options: CampaignOptions): Promise<Outcome[]> {
  const { arena, rounds, messages, signal } = options;
  const outcomes: Outcome[] = [];
  const lengths = rounds.map((round) => Math.max(...round.map(expectedMs)));
  const total = lengths.reduce((sum, length) => sum + length);
  let from = 0;
  for (const [at, round] of rounds.entries()) {
    signal.throwIfAborted();
    options.onRound(at + 1);
    const over = new AbortController();
    const length = lengths[at] ?? 0;
    const to = at === rounds.length - 1 ? messages.length : from + Math.round((messages.length * length) / total);
    const sending = sendEvenly(arena, messages.slice(from, to), length, over.signal);
    const happened = Promise.all(round.map((planned) => suffer(options, at + 1, planned))).finally(() => over.abort());
    await Promise.all([sending, happened]);
    outcomes.push(...(await happened));
    from = to;
  }
  return outcomes;
}

async function suffer(options: CampaignOptions, round: number, { mishap, afterMs, draw }: Planned): Promise<Outcome> {
  const { arena, signal } = options;
  await sleep(afterMs, undefined, { signal });
  const began = performance.now();
  const patienceMs = mishapMs + lengthOf(draw);
  const did = await Promise.race([
    mishap.run(arena, draw),
    sleep(patienceMs, undefined, { signal, ref: false }).then(() => {
      throw new Error(`${mishap.name} did not end within ${patienceMs / 1_000} s`);
    }),
  ]);
  const ended = performance.now();
  const recoveredMs = await recovery(arena, options.canaries.next().value);
  const outcome = { round, name: mishap.name, did, tookMs: Math.round(ended - began), recoveredMs };
  options.onOutcome(outcome);
  return outcome;
}

/** Messages are to flow as long as it lasts. */
function expectedMs({ afterMs, draw }: Planned): number {
  return afterMs + Math.max(usualMs, lengthOf(draw));
}

function lengthOf({ ms }: Draw): number {
  return typeof ms === 'number' ? ms : 0;
}

/** Sends at an even rate; whatever is left goes out at once when the round is over. */
async function sendEvenly(
  { post }: Arena,
  messages: readonly Message[],
  overMs: number,
  over: AbortSignal,
): Promise<void> {
  const slices = Math.ceil(overMs / sliceMs);
  const size = Math.max(1, Math.ceil(messages.length / slices));
  for (let at = 0; at < messages.length; at += size) {
    await post.send(messages.slice(at, at + size));
    if (!over.aborted) await sleep(sliceMs);
  }
}

async function recovery({ post, pool, pipeline }: Arena, canary: Good): Promise<number | undefined> {
  const began = performance.now();
  await post.send([canary]);
  while (performance.now() - began < recoversWithinMs) {
    const seen = await pool
      .query(`select 1 from ${pipeline.target.table} where user_id = $1`, [canary.user])
      .catch(() => undefined);
    if ((seen?.rowCount ?? 0) > 0) return Math.round(performance.now() - began);
    await sleep(50);
  }
  return undefined;
}
