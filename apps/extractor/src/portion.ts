/**
 * How many messages to ask for. SQS answers a receive with ten bodies of up to 1 MiB each, and several polls wait at
 * once: 40 MiB could arrive in one moment, each byte of it held as what came over the network, as text and as JSON.
 *
 * So a poll asks for what it expects to weigh no more than one such body. It expects the heaviest body of late, half as
 * much again after each answer without one; at first it expects the worst, so a queue of small messages is asked for
 * 1, 2, 4, 8 and then for 10 each time.
 */
export interface Portion {
  /** 1 to 10. */
  next(): number;
  received(bodies: readonly string[]): void;
}

const portionBytes = 1_048_576;
/** SQS gives no more. */
const mostMessages = 10;

export function createPortion(): Portion {
  let expected = portionBytes;
  return {
    next: () => Math.min(mostMessages, Math.max(1, Math.floor(portionBytes / expected))),
    received(bodies) {
      if (bodies.length === 0) return;
      expected = Math.max(1, expected / 2, ...bodies.map((body) => Buffer.byteLength(body)));
    },
  };
}
