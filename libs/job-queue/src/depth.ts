import { queueName } from '@masque/handoff';
import type { Connections } from './connection.ts';

/** Jobs, that is batches, of one queue. Priorities are not used, so these three are all that is unfinished. */
export interface QueueDepth {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
}

/** Epoch milliseconds at which a queue's oldest batch was added to it; none for an empty queue. */
export type OldestReader = (
  pipeline: string,
  handoffs: readonly string[],
) => Promise<Readonly<Record<string, number | undefined>>>;

/**
 * Of the batch that waits longest, the one that runs longest and the delayed one that is due first, the oldest: new
 * ones enter `wait` and `active` at the head. A delayed batch further back may be older; it is due soon enough.
 */
export function createOldestReader(connections: Connections, prefix: string): OldestReader {
  const redis = connections.producer;
  return async (pipeline, handoffs) => {
    try {
      const keys = handoffs.map((handoff) => `${prefix}:${queueName(pipeline, handoff)}`);
      const ends = await Promise.all(
        keys.map((key) =>
          Promise.all([
            redis.lindex(`${key}:wait`, -1),
            redis.lindex(`${key}:active`, -1),
            redis.zrange(`${key}:delayed`, '0', '0'),
          ]),
        ),
      );
      const times = await Promise.all(
        ends.map((of, at) => {
          const ids = of.flat().filter((id) => id !== null);
          return Promise.all(ids.map((id) => redis.hget(`${keys[at]}:${id}`, 'timestamp')));
        }),
      );
      // One that was done between the two looks has no time.
      const oldest = times.map(
        (of) => of.flatMap((time) => (time === null ? [] : Number(time))).sort((a, b) => a - b)[0],
      );
      return Object.fromEntries(handoffs.map((handoff, at) => [handoff, oldest[at]]));
    } catch (error) {
      throw connections.toFault(error);
    }
  };
}

/** BullMQ's key layout: `<prefix>:<queue>:{wait,active}` are lists, `delayed` is a sorted set. */
export function createDepthReader(connections: Connections, prefix: string) {
  return async (pipeline: string, handoffs: readonly string[]): Promise<Record<string, QueueDepth>> => {
    const commands = connections.producer.multi();
    for (const handoff of handoffs) {
      const key = `${prefix}:${queueName(pipeline, handoff)}`;
      commands.llen(`${key}:wait`).llen(`${key}:active`).zcard(`${key}:delayed`);
    }
    try {
      const replies = (await commands.exec()) ?? [];
      const counts = replies.map(([error, reply]) => {
        if (error !== null) throw error;
        return Number(reply);
      });
      return Object.fromEntries(
        handoffs.map((handoff, at) => [
          handoff,
          { waiting: counts[at * 3] ?? 0, active: counts[at * 3 + 1] ?? 0, delayed: counts[at * 3 + 2] ?? 0 },
        ]),
      );
    } catch (error) {
      throw connections.toFault(error);
    }
  };
}
