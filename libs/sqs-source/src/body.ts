/** 1 MiB, of a message and of a batch. Source: Amazon SQS message quotas. */
export const bytesMax = 1_048_576;
export const entriesMax = 10;

export type BodyRefusal = 'empty' | 'too_large' | 'character_not_allowed';

// Source: SendMessage in the SQS API Reference. What is outside are control characters, U+FFFE, U+FFFF and, with the
// `u` flag, halves of surrogate pairs. Editions of that page differ on whether SQS refuses a message that has them or
// puts U+FFFD in their place; here neither happens.
const refusedCharacter = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** Why SQS would not take this body; undefined when it does. */
export function refusalOf(body: string): BodyRefusal | undefined {
  if (body === '') return 'empty';
  if (Buffer.byteLength(body) > bytesMax) return 'too_large';
  return refusedCharacter.test(body) ? 'character_not_allowed' : undefined;
}

/** Indexes of `bodies` in runs of at most ten that together stay within a batch's bytes. In order, each once. */
export function packBodies(bodies: readonly string[]): number[][] {
  const batches: number[][] = [];
  let batch: number[] = [];
  let bytes = 0;
  for (const [index, body] of bodies.entries()) {
    const size = Buffer.byteLength(body);
    if (batch.length === entriesMax || (batch.length > 0 && bytes + size > bytesMax)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(index);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
