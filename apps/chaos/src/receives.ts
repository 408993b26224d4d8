import type { Arena } from './arena.ts';

/**
 * How often SQS has handed out one and the same message since this call. Each receive counts towards a queue's
 * maxReceiveCount, so however long an outage of ours is, a message is received once in it at most.
 */
export function watchReceives({ proxy }: Pick<Arena, 'proxy'>): () => number {
  const before = new Map(proxy.receives);
  return () => Math.max(0, ...[...proxy.receives].map(([id, count]) => count - (before.get(id) ?? 0)));
}

/** Messages by the times they were received: `1×: 1812, 2×: 188`. */
export function describeReceives(receives: Readonly<Record<string, number>>): string {
  return Object.entries(receives)
    .map(([times, messages]) => `${times}×: ${messages}`)
    .join(', ');
}

export function tallyReceives({ proxy }: Pick<Arena, 'proxy'>): Readonly<Record<string, number>> {
  const tally: Record<string, number> = {};
  for (const count of proxy.receives.values()) tally[count] = (tally[count] ?? 0) + 1;
  return tally;
}
