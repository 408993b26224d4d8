import { setTimeout as sleep } from 'node:timers/promises';
import type { Arena } from './arena.ts';

export interface Backlog {
  /** In SQS: visible, in flight, delayed. */
  readonly queue: number;
  /** In Redis: batches that wait, run, are delayed or failed. */
  readonly batches: number;
}

const arrows = ['extracted', 'masked', 'settled'];

/** What is left to do; undefined while Redis or SQS does not say. */
export async function backlog({ stack, queue, redis, pipeline }: Arena): Promise<Backlog | undefined> {
  if (redis.status !== 'ready') return undefined;
  const keys = arrows.map((arrow) => `masque:${pipeline.name}.${arrow}`);
  try {
    const [{ visible, inFlight, delayed }, ...depths] = await Promise.all([
      stack.sqs.counts(queue.url),
      ...keys.flatMap((key) => [
        redis.llen(`${key}:wait`),
        redis.llen(`${key}:active`),
        redis.zcard(`${key}:delayed`),
        redis.zcard(`${key}:failed`),
      ]),
    ]);
    return { queue: visible + inFlight + delayed, batches: depths.reduce((sum, depth) => sum + depth) };
  } catch {
    return undefined;
  }
}

/** Waits until nothing is left anywhere, and nothing comes back; how long that took, or what is left after `withinMs`. */
export async function untilQuiet(
  arena: Arena,
  withinMs: number,
  signal: AbortSignal,
): Promise<{ readonly tookMs: number; readonly left: Backlog | undefined }> {
  const began = Date.now();
  let quietSince: number | undefined;
  for (;;) {
    signal.throwIfAborted();
    const now = await backlog(arena);
    if (now?.queue === 0 && now.batches === 0) {
      quietSince ??= Date.now();
      // A stage that is between two stores holds a batch that neither shows.
      if (Date.now() - quietSince >= 1_000) return { tookMs: quietSince - began, left: undefined };
    } else quietSince = undefined;
    if (Date.now() - began > withinMs) return { tookMs: Date.now() - began, left: now ?? { queue: -1, batches: -1 } };
    await sleep(100);
  }
}
