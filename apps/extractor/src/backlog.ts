/**
 * How much waits or runs in the stages behind: what the queues said when they were last looked at, and the most that it
 * can have become since.
 *
 *     in hand ──in Redis, given up or handed back──▶ left ──a look that was asked for later is answered──▶ seen
 *
 * A look is asked for, and is answered or fails some time later; Redis was read at one moment between the two.
 *
 * Invariants
 * - Seen, left and in hand are together at least what this replica has in the stages behind. A batch of its own is in
 *   hand; or it left after the last answered look was asked for, and counts as left; or before, and was seen, or was
 *   done. One that leaves while a look is under way may count twice, until the next.
 * - Nothing counts for ever. An answer takes the place of what was seen, and of what left before it was asked for; what
 *   is in hand is read off the batches themselves, never counted.
 * - A look that fails changes nothing.
 * - Full is only what was seen to be: by what counts twice the backlog may be full, and the next look tells.
 *
 * Between two looks each replica knows of its own batches only, so several together may exceed the limit by as much as
 * each takes in that time; and each by what its polls under way bring.
 */

export interface Load {
  readonly batches: number;
  /** Of the bodies. */
  readonly bytes: number;
}

export interface BacklogOptions {
  /** What this replica has received that is not in Redis yet, the open batch included. */
  readonly inHand: () => Load;
  readonly max: Load;
}

export interface Backlog {
  /** @throws whatever `read` throws */
  look(read: () => Promise<Load>): Promise<void>;
  /** A batch is in hand no more, whichever way it went. */
  left(batch: Load): void;
  readonly atMost: Load;
  /** Seen to be at the limit, and since then not at half of it. */
  readonly isFull: boolean;
  readonly mayBeFull: boolean;
}

const none: Load = { batches: 0, bytes: 0 };

export function createBacklog({ inHand, max }: BacklogOptions): Backlog {
  let seen = none;
  let left = none;
  let isFull = false;
  let isLooking = false;

  const shareOf = ({ batches, bytes }: Load): number => Math.max(batches / max.batches, bytes / max.bytes);
  const atMost = (): Load => sum(sum(seen, left), inHand());

  return {
    async look(read) {
      if (isLooking) throw new Error('two looks at once: neither could tell what left before it');
      isLooking = true;
      const before = left;
      try {
        seen = await read();
        left = difference(left, before);
        if (left.batches < 0 || left.bytes < 0) throw new Error('more was seen than ever left');
        isFull = shareOf(seen) >= 1 || (isFull && shareOf(seen) > 1 / 2);
      } finally {
        isLooking = false;
      }
    },
    left: (batch) => void (left = sum(left, batch)),
    get atMost() {
      return atMost();
    },
    get isFull() {
      return isFull;
    },
    get mayBeFull() {
      return shareOf(atMost()) >= 1;
    },
  };
}

function sum(one: Load, other: Load): Load {
  return { batches: one.batches + other.batches, bytes: one.bytes + other.bytes };
}

function difference(one: Load, other: Load): Load {
  return { batches: one.batches - other.batches, bytes: one.bytes - other.bytes };
}
