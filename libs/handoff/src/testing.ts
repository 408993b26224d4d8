import type { Handoff, HandoffInput, HandoffOutput, ReadResult } from './handoff.ts';

/**
 * A batch as its consumer reads it: written, over JSON, with its bytes beside it, and read.
 * @param changes what is other in the job than was written
 */
export function overTheWire<H extends Handoff>(
  handoff: H,
  batch: HandoffInput<H>,
  changes: object = {},
): ReadResult<HandoffOutput<H>> {
  const { data, freight } = handoff.write(batch);
  const job: unknown = JSON.parse(JSON.stringify({ ...data, ...changes }));
  const read = handoff.read(job, freight === undefined ? undefined : Buffer.from(freight.bytes));
  return read as ReadResult<HandoffOutput<H>>;
}

/** All of a batch that lies in Redis, as one text in which a value can be looked for. */
export function wireText<H extends Handoff>(handoff: H, batch: HandoffInput<H>): string {
  const { data, freight } = handoff.write(batch);
  return `${JSON.stringify(data)} ${freight?.bytes.toString() ?? ''}`;
}
