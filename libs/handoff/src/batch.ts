import { randomBytes } from 'node:crypto';
import { z } from 'zod';

/**
 * One id per batch, made when the batch is closed and carried through all three queues as the BullMQ job id, so that
 * a resent `add` and a job that runs twice meet their own earlier selves. Random, so that no two replicas and no two
 * lives of a flushed Redis collide; prefixed, because BullMQ refuses ids that read as integers.
 */
export function newBatchId(): string {
  return `b-${randomBytes(12).toString('base64url')}`;
}

export const batchIdPattern = /^b-[\w-]{16}$/;

/** What every handoff carries: which batch of which pipeline, and until when its messages are ours. */
export const batchEnvelope = {
  batch: z.string().regex(batchIdPattern),
  pipeline: z.string(),
  /** Epoch milliseconds at which the first of the batch's messages becomes visible in SQS again. */
  deadline: z.number(),
  /** W3C traceparent of the batch's span, where tracing is on. */
  trace: z.string().optional(),
} as const;

export interface BatchEnvelope {
  readonly batch: string;
  readonly pipeline: string;
  readonly deadline: number;
  readonly trace?: string | undefined;
}
