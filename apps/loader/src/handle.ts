import { Fault, retry, type RetryOptions, toFault } from '@masque/fault';
import type { masked, MaskedBatch } from '@masque/handoff-masked';
import type { settled } from '@masque/handoff-settled';
import type { Delivery, Outcome, Publisher } from '@masque/job-queue';
import type { Span, Tracing } from '@masque/observability';
import type { LoadReport, PostgresSink } from '@masque/postgres-sink';
import { points } from './points.ts';

export interface HandlerDeps {
  readonly sink: Pick<PostgresSink, 'load' | 'registerKeys'>;
  readonly publisher: Publisher<typeof settled>;
  readonly tracing: Pick<Tracing, 'span'>;
  /** Is a masker at work that masks with one of these keys, by fingerprint? */
  readonly isMaskedWith: (fingerprints: readonly string[]) => Promise<boolean>;
  readonly onLoaded: (batch: MaskedBatch, report: LoadReport, seconds: number) => void;
  /** PostgreSQL or Redis is away; told before each pause. */
  readonly onRetry: (fault: Fault) => void;
  readonly now?: () => number;
}

/**
 * One batch: load, then hand the receipts on. Only a commit goes before a settlement; a crash between the two leads
 * to a second run, in which the ledger drops every message and the receipts are handed on all the same.
 *
 * An outage is waited out here, with the job's lock renewed: sending the batch back to its queue would only make it
 * lose its place.
 *
 * A batch masked with a wrong key waits as long as a masker with that key is at work: dropped at once, its messages
 * would be received and masked wrongly again, and each round would count towards maxReceiveCount. Once that masker is
 * gone the fault is the batch's own; dropped, it is received and masked again with the right key.
 *
 * Nothing is loaded of a batch that was received more than a day ago: SQS hides no message longer than twelve hours, so
 * its messages have been shown again, and a batch out of a snapshot of Redis, or in the hands of a replica that was cut
 * off for weeks, might hold some that the ledger has forgotten. Looked at before every try, as an outage may last.
 */
export function createHandler({
  sink,
  publisher,
  tracing,
  isMaskedWith,
  onLoaded,
  onRetry,
  now = Date.now,
}: HandlerDeps) {
  return ({ batch }: Delivery<typeof masked>, signal: AbortSignal): Promise<Outcome> =>
    tracing.span('load', placeOf(batch, batch.trace), (span) => handle(batch, signal, span));

  async function handle(batch: MaskedBatch, signal: AbortSignal, span: Span): Promise<Outcome> {
    const began = performance.now();
    const patience = { signal, capMs: 2_000, onRetry };
    try {
      await retry(() => sink.registerKeys(batch.keys), patience);
    } catch (error) {
      const fault = toFault(error);
      const fingerprints = batch.keys.map(({ fingerprint }) => fingerprint);
      if (fault.code !== 'key_differs' || !(await isMaskedWith(fingerprints))) throw fault;
      onRetry(fault);
      span.fail(fault.code);
      return 'later';
    }
    const report = await commit(batch, patience, span);
    points.committed.publish(undefined);
    const { batch: id, pipeline, deadline, receipts, receivedAt } = batch;
    const trace = span.traceparent;
    await retry(() => publisher.publish({ batch: id, pipeline, deadline, receipts, receivedAt, trace }), patience);
    points.settled.publish(undefined);
    onLoaded(batch, report, (performance.now() - began) / 1_000);
    return 'done';
  }

  /** The span covers every try: how long PostgreSQL, and its absence, took. */
  function commit(batch: MaskedBatch, patience: RetryOptions, { traceparent }: Span): Promise<LoadReport> {
    return tracing.span('commit', { ...placeOf(batch, traceparent), kind: 'client' }, async (span) => {
      const report = await retry(() => load(batch), patience);
      span.set({ 'masque.rows': report.rows, 'masque.duplicates': report.duplicates });
      return report;
    });
  }

  async function load(batch: MaskedBatch): Promise<LoadReport> {
    if (now() > batch.receivedAt + longestMs) throw outlived();
    return sink.load(batch);
  }
}

function placeOf({ batch, pipeline, messageIds }: MaskedBatch, parent: string | undefined) {
  return { batch, pipeline, messages: messageIds.length, parent };
}

/** The ledger's least retention counts on it (docs/guarantees.md). */
const longestMs = 86_400_000;

function outlived(): Fault {
  return new Fault('batch_outlived', 'a batch was received more than a day ago', {
    heals: false,
    advice: 'It is dropped: SQS has shown its messages again. Is the clock of the extractor, or of the loader, wrong?',
  });
}
