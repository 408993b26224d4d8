/**
 * What a message costs, with where the figure comes from: 2 cores with everything on them.
 * After measuring anew, change them here and run `npm run scaling`.
 */
export const measured = {
  /**
   * `npm run bench -- --only masque --messages 60000 --method rsa --repeat 0.9 --variant BATCH_MAX=200`, as the manifests
   * have it: CPU of the whole process, median of 3.
   */
  cpuUs: { extractor: 24, masker: 32, loader: 26 },
  /**
   * `used_cpu_user` and `_sys` of Redis over 60,000 messages in full batches of 200, through all three queues. In the
   * bench, where most batches were closed by their time, 20.
   */
  redisCpuUs: 11,
  /** `total_net_output_bytes` of the same; as many come in. RSA-3072’s tokens are four fifths of them. */
  redisBytesOut: 2_500,
  /** The same bench: the server’s CPU a row, ledger included. */
  postgresCpuUs: 16,
  /** pg_current_wal_lsn() over 120,000 rows of the same shape. */
  walBytes: 1_420,
  /** pg_total_relation_size: a row of user_logins without an index, and its ledger entry. */
  storedBytes: 1_290,
  /** Not measured: what a message may take from receive to delete while all stages keep up. */
  underwayS: 1,
} as const;

/** Messages a second of a replica, which has one core to itself and is full at three quarters: garbage, probes, polls. */
export function rateOf(cpuUs: number): number {
  return Math.round(0.75e6 / cpuUs / 100) * 100;
}

/** Kubernetes and AWS, not measured here: an image that is on the node, and SQS’s "up to a minute" for its counts. */
export const podStartS = 10;
export const sqsCountsAgeS = 30;
