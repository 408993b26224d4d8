export interface SourceMessage {
  readonly id: string;
  /** Up to 1,024 characters, new at each receive. */
  readonly receipt: string;
  readonly body: string;
  /** SentTimestamp, epoch milliseconds: unchanged by redelivery. */
  readonly sentAt: number;
  /** Set on a message that was sent again by Masque. */
  readonly origin?: string;
  /** The producer's trace context, where it sent one; unverified. */
  readonly traceparent?: string;
  /** ApproximateReceiveCount, 1 at the first. */
  readonly receives: number;
}

export interface Poll {
  readonly queueUrl: string;
  readonly max: number;
  readonly waitS: number;
  readonly visibilityTimeoutS: number;
  readonly timeoutMs: number;
}

/** An entry of `Failed[]` in a 200 answer, by its place in the request. */
export interface EntryFailure {
  readonly index: number;
  readonly code: string;
  readonly senderFault: boolean;
}

/**
 * The two calls that are made for every message. They are apart from the rest because the SDK's way through them is
 * most of a message's CPU time, so that a leaner HTTP client can take its place; the rare calls stay with the SDK.
 * One request per call, no policy: splitting, bounding and judging what failed are the callers'. Both throw only Faults.
 */
export interface Transport {
  receive(poll: Poll): Promise<SourceMessage[]>;
  /** Up to ten receipts. */
  deleteBatch(queueUrl: string, receipts: readonly string[]): Promise<EntryFailure[]>;
  close(): void;
}
