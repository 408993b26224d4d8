import type { Metrics } from '@masque/observability';
import type { SqsCall } from '@masque/sqs-source';

/** What the extractor counts. */
export function createInstruments(metrics: Metrics) {
  const received = metrics.counter('masque_extractor_received_messages_total', 'Messages received from SQS.');
  const sent = metrics.counter('masque_extractor_sent_messages_total', 'Messages handed to the masker.');
  const batches = metrics.counter('masque_extractor_sent_batches_total', 'Batches handed to the masker.');
  const bytes = metrics.counter('masque_extractor_sent_bytes_total', 'Bytes of message bodies handed to the masker.');
  const givenUp = metrics.counter(
    'masque_extractor_given_up_messages_total',
    'Messages left to SQS because Redis took no batch before their deadline.',
  );
  const extended = metrics.counter(
    'masque_extractor_extended_messages_total',
    'Visibility timeouts extended for work that is still under way.',
  );
  const deleted = metrics.counter('masque_extractor_deleted_messages_total', 'Messages deleted from SQS.');
  const lost = metrics.counter(
    'masque_extractor_lost_deletes_total',
    'Deletes that cannot succeed any more, by SQS error code; the ledger drops the redelivery.',
    ['code'],
  );
  const retries = metrics.counter('masque_extractor_retries_total', 'Tries that failed and are made again, by code.', [
    'code',
  ]);
  const calls = metrics.histogram(
    'masque_extractor_sqs_call_duration_seconds',
    'Requests to SQS, by action; a receive waits for messages.',
    [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20],
    ['action', 'outcome'],
  );
  let firstReceived = 0;
  metrics.gauge(
    'masque_extractor_first_received_timestamp_seconds',
    'When this process received its first message; 0 before.',
    () => firstReceived / 1_000,
  );
  return {
    received(count: number) {
      if (firstReceived === 0) firstReceived = Date.now();
      received.inc(count);
    },
    sent(batch: { readonly messages: number; readonly bytes: number }) {
      batches.inc();
      sent.inc(batch.messages);
      bytes.inc(batch.bytes);
    },
    givenUp: (count: number) => givenUp.inc(count),
    extended: (count: number) => extended.inc(count),
    deleted: (count: number) => deleted.inc(count),
    lost: (code: string) => lost.inc({ code }),
    retried: (code: string) => retries.inc({ code }),
    called: ({ action, outcome, seconds }: SqsCall) => calls.observe({ action, outcome }, seconds),
    /** What it says of itself to who cannot scrape it. */
    figures: () =>
      metrics.figures([
        'masque_extractor_received_messages_total',
        'masque_extractor_sent_messages_total',
        'masque_extractor_sent_batches_total',
        'masque_extractor_deleted_messages_total',
        'masque_extractor_retries_total',
        'masque_extractor_queue_messages',
      ]),
  };
}
