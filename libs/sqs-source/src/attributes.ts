import type { QueueCalls } from './queue-calls.ts';

/** Approximate, all three: SQS adds up what its servers hold, and may be a minute behind. */
export interface QueueCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

export interface QueueAttributes {
  /** The queue's own; the source asks for its `visibilityTimeoutS` with every poll. */
  readonly visibilityTimeoutS: number;
  readonly retentionS: number;
  /** Receives after which SQS moves a message to the dead-letter queue; undefined when there is none. */
  readonly maxReceiveCount: number | undefined;
  readonly deadLetterArn: string | undefined;
  /**
   * A FIFO queue is read like any other, but SQS withholds the rest of a message group until the group's first
   * messages are settled, so a queue of few groups loads slowly.
   */
  readonly fifo: boolean;
}

export async function readCounts(calls: QueueCalls, queueUrl: string): Promise<QueueCounts> {
  const found = await calls.attributes(queueUrl, [
    'ApproximateNumberOfMessages',
    'ApproximateNumberOfMessagesNotVisible',
    'ApproximateNumberOfMessagesDelayed',
  ]);
  return {
    visible: Number(found['ApproximateNumberOfMessages'] ?? 0),
    inFlight: Number(found['ApproximateNumberOfMessagesNotVisible'] ?? 0),
    delayed: Number(found['ApproximateNumberOfMessagesDelayed'] ?? 0),
  };
}

export async function readAttributes(
  calls: QueueCalls,
  queueUrl: string,
  signal?: AbortSignal,
): Promise<QueueAttributes> {
  const names = ['VisibilityTimeout', 'MessageRetentionPeriod', 'RedrivePolicy'] as const;
  const found = await calls.attributes(queueUrl, names, signal);
  return {
    // SQS's own defaults, for emulators that leave some out.
    visibilityTimeoutS: Number(found['VisibilityTimeout'] ?? 30),
    retentionS: Number(found['MessageRetentionPeriod'] ?? 345_600),
    ...readRedrive(found['RedrivePolicy']),
    fifo: queueUrl.endsWith('.fifo'),
  };
}

/** `{"deadLetterTargetArn":"…","maxReceiveCount":"10"}`, the count as a number or a string; unreadable is absent. */
export function readRedrive(policy = '{}'): Pick<QueueAttributes, 'maxReceiveCount' | 'deadLetterArn'> {
  const arn = /"deadLetterTargetArn"\s*:\s*"([^"]+)"/.exec(policy)?.[1];
  const count = /"maxReceiveCount"\s*:\s*"?(\d+)/.exec(policy)?.[1];
  return { deadLetterArn: arn, maxReceiveCount: count === undefined ? undefined : Number(count) };
}
