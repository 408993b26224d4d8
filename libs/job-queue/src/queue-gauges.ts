import type { Metrics } from '@masque/observability';
import type { Consumer } from './consumer.ts';
import type { QueueDepth } from './depth.ts';

export interface QueueGaugesDeps {
  readonly metrics: Pick<Metrics, 'gauge' | 'gauges'>;
  /** The stage that takes from the queue: part of the metrics' names. */
  readonly stage: string;
  readonly consumer: Pick<Consumer, 'inFlight' | 'rate'>;
  readonly depth: () => Promise<QueueDepth>;
  /** Epoch milliseconds. */
  readonly oldest: () => Promise<number | undefined>;
  /** Of the stage, this one included. */
  readonly replicas: () => Promise<number>;
}

/**
 * How a queue stands, by the stage that takes from it. All replicas say the same of the queue, being one queue: take
 * the largest, not the sum.
 */
export function exposeQueue({ metrics, stage, consumer, depth, oldest, replicas }: QueueGaugesDeps): void {
  metrics.gauges(
    `masque_${stage}_backlog_batches`,
    'Batches on the queue that this stage takes from, the same at each replica.',
    'state',
    async () => ({ ...(await depth()) }),
  );
  metrics.gauge(
    `masque_${stage}_oldest_batch_age_seconds`,
    'Since the oldest of them was put there; 0 for none. The same at each replica.',
    async () => {
      const added = await oldest();
      return added === undefined ? 0 : Math.max(0, (Date.now() - added) / 1_000);
    },
  );
  metrics.gauge(
    `masque_${stage}_drain_seconds`,
    'Until they are done, at this replica’s pace of the last minute times its stage’s replicas; +Inf when it has none.',
    async () => {
      const { waiting, active, delayed } = await depth();
      const batches = waiting + active + delayed;
      return batches === 0 ? 0 : batches / (consumer.rate * (await replicas()));
    },
  );
  metrics.gauge(`masque_${stage}_in_flight_batches`, 'Batches in this replica’s hands.', () => consumer.inFlight);
}
