/** Where the parts that are not ours end, and what a message costs them. Sizes are of one queue, one Redis, one primary. */

/** "About 120,000 in flight" on a standard queue, says SQS; a long poll then answers with nothing. */
export const sqsInFlightMax = 120_000;

export interface Part {
  readonly name: string;
  /** Messages a second at which it is full. */
  readonly full: number;
  /** How that comes about. */
  readonly because: string;
  /** What then. */
  readonly remedy: string;
}

export interface Costs {
  /** Seconds from receive to delete, with everything keeping up. */
  readonly underwayS: number;
  readonly redisCpuUs: number;
  readonly redisBytesOut: number;
  readonly postgresCpuUs: number;
  readonly walBytes: number;
}

/** Of what is usual: a 10 Gbit/s network, a database of 16 cores whose disk writes 500 MB/s of WAL. */
const [networkBytes, postgresCores, walBytesASecond] = [1.25e9, 16, 500e6];
/** Beyond three quarters a queueing system's delays grow faster than its work. */
const usable = 0.75;

/** The narrowest first. */
export function parts(costs: Costs): Part[] {
  return [
    {
      name: 'Redis, its one thread',
      full: (usable * 1e6) / costs.redisCpuUs,
      because: `${costs.redisCpuUs} µs of its CPU a message`,
      remedy:
        'Shard the pipeline: several sets of the three stages, each with a REDIS_PREFIX of its own, `{masque-0}`, `{masque-1}`, …, on as many Redis servers or, by these hash tags, on the nodes of one cluster. They may read the same SQS queue and write the same table: the ledger is keyed by message.',
    },
    {
      name: 'Redis, its network',
      full: (usable * networkBytes) / costs.redisBytesOut,
      because: `${costs.redisBytesOut} bytes out a message, over 10 Gbit/s`,
      remedy: 'The same; or a method with shorter tokens: SIV’s have some 50 characters, RSA-3072’s 524.',
    },
    {
      name: 'SQS, one queue',
      full: sqsInFlightMax / costs.underwayS,
      because: `120,000 in flight, each for ${costs.underwayS} s`,
      remedy:
        'Several queues, each with its own extractors; they may share the stages behind. Or less time under way: fewer batches waiting, so more maskers and loaders.',
    },
    {
      name: 'PostgreSQL, its cores',
      full: (usable * postgresCores * 1e6) / costs.postgresCpuUs,
      because: `${costs.postgresCpuUs} µs of ${postgresCores} cores a row, ledger included`,
      remedy:
        'Partition the target by create_date, so that indices stay small; then shard: a pipeline for each database, each with its own ledger and its own queue, since a message must meet its own ledger again.',
    },
    {
      name: 'PostgreSQL, its WAL',
      full: (usable * walBytesASecond) / costs.walBytes,
      because: `${costs.walBytes} bytes a row, at 500 MB/s`,
      remedy: 'The same; or shorter tokens, which are most of the bytes.',
    },
  ].sort((a, b) => a.full - b.full);
}
