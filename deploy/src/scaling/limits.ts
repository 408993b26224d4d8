/** "About 120,000 in flight" on a standard queue, says SQS; a long poll then answers with nothing. */
export const sqsInFlightMax = 120_000;
