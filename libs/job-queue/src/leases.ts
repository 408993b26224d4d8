import { queueName } from '@masque/handoff';
import type { Connections } from './connection.ts';

/**
 * Whose visibility the extractor has extended. The deadline in a job's data is that of the receive; a lease, kept under
 * `<prefix>:<pipeline>:lease:<batch>` for as long as it runs, is a later one.
 */
export interface Leases {
  /** Which of these batches are still somewhere between the stages. One round trip. */
  present(pipeline: string, handoffs: readonly string[], batches: readonly string[]): Promise<ReadonlySet<string>>;
  record(pipeline: string, batch: string, forMs: number): Promise<void>;
  isLeased(pipeline: string, batch: string): Promise<boolean>;
}

export function createLeases(connections: Connections, prefix: string): Leases {
  const redis = connections.producer;
  const keyOf = (pipeline: string, batch: string): string => `${prefix}:${pipeline}:lease:${batch}`;
  const asFault = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw connections.toFault(error);
    }
  };

  return {
    present: (pipeline, handoffs, batches) =>
      asFault(async () => {
        // Between two queues a batch is in both, never in neither; one transaction sees no moment in between.
        const commands = redis.multi();
        for (const batch of batches) {
          commands.exists(...handoffs.map((handoff) => `${prefix}:${queueName(pipeline, handoff)}:${batch}`));
        }
        const replies = (await commands.exec()) ?? [];
        return new Set(batches.filter((_, at) => Number(replies[at]?.[1] ?? 1) > 0));
      }),
    record: (pipeline, batch, forMs) =>
      asFault(async () => {
        await redis.set(keyOf(pipeline, batch), '1', 'PX', forMs);
      }),
    isLeased: (pipeline, batch) => asFault(async () => (await redis.exists(keyOf(pipeline, batch))) > 0),
  };
}
