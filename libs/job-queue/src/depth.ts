import { queueName } from '@masque/handoff';
import type { Connections } from './connection.ts';

/** Jobs, that is batches, of one queue. Priorities are not used, so these three are all that is unfinished. */
export interface QueueDepth {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
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
