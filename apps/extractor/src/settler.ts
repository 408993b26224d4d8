import { setTimeout as sleep } from 'node:timers/promises';
import { backoff } from '@masque/fault';
import type { settled, SettledBatch } from '@masque/handoff-settled';
import type { Delivery, Outcome } from '@masque/job-queue';
import type { Span, Tracing } from '@masque/observability';
import type { SqsSource } from '@masque/sqs-source';
import { points } from './points.ts';

export interface SettlerDeps {
  readonly source: Pick<SqsSource, 'delete'>;
  readonly tracing: Pick<Tracing, 'span'>;
  readonly onDeleted: (count: number) => void;
  /** A delete that cannot succeed any more: SQS shows the message again and the ledger drops it then. */
  readonly onLost: (code: string) => void;
  /** Nothing of the batch is left in SQS. */
  readonly onSettled: (batch: string) => void;
}

const tries = 5;

/**
 * Deletes the messages of a committed batch. Each entry that failed is tried again, alone; what still fails waits
 * with its job in Redis, whose other receipts may be deleted twice without harm.
 */
export function createSettler({ source, tracing, onDeleted, onLost, onSettled }: SettlerDeps) {
  return ({ batch }: Delivery<typeof settled>, signal: AbortSignal): Promise<Outcome> => {
    const { batch: id, pipeline, receipts, trace: parent } = batch;
    const place = { batch: id, pipeline, messages: receipts.length, parent };
    return tracing.span('settle', place, (span) => settle(batch, signal, span));
  };

  async function settle(batch: SettledBatch, signal: AbortSignal, span: Span): Promise<Outcome> {
    let left: readonly string[] = batch.receipts;
    points.settling.publish(undefined);
    for (let attempt = 1; left.length > 0; attempt += 1) {
      const failures = await source.delete(left);
      onDeleted(left.length - failures.length);
      for (const failure of failures) if (failure.final) onLost(failure.code);
      left = failures.filter(({ final }) => !final).map(({ receipt }) => receipt);
      if (left.length > 0) {
        if (attempt === tries || signal.aborted) {
          span.fail('deletes_failed');
          return 'later';
        }
        await sleep(backoff(attempt), undefined, { signal }).catch(() => {});
      }
    }
    points.deleted.publish(undefined);
    onSettled(batch.batch);
    return 'done';
  }
}
