import { type Fault, retry } from '@masque/fault';
import type { masked, MaskedBatch } from '@masque/handoff-masked';
import type { settled } from '@masque/handoff-settled';
import type { Delivery, Outcome, Publisher } from '@masque/job-queue';
import type { LoadReport, PostgresSink } from '@masque/postgres-sink';
import { points } from './points.ts';

export interface HandlerDeps {
  readonly sink: Pick<PostgresSink, 'load' | 'registerKeys'>;
  readonly publisher: Publisher<typeof settled>;
  readonly onLoaded: (batch: MaskedBatch, report: LoadReport, seconds: number) => void;
  /** PostgreSQL or Redis is away; told before each pause. */
  readonly onRetry: (fault: Fault) => void;
}

/**
 * One batch: load, then hand the receipts on. Only a commit goes before a settlement; a crash between the two leads
 * to a second run, in which the ledger drops every message and the receipts are handed on all the same.
 *
 * An outage is waited out here, with the job's lock renewed: sending the batch back to its queue would only make it
 * lose its place.
 */
export function createHandler({ sink, publisher, onLoaded, onRetry }: HandlerDeps) {
  return async ({ batch }: Delivery<typeof masked>, signal: AbortSignal): Promise<Outcome> => {
    const began = performance.now();
    const patience = { signal, capMs: 2_000, onRetry };
    await retry(() => sink.registerKeys(batch.keys), patience);
    const report = await retry(() => sink.load(batch), patience);
    points.committed.publish(undefined);
    const { batch: id, pipeline, deadline, receipts, receivedAt, trace } = batch;
    await retry(() => publisher.publish({ batch: id, pipeline, deadline, receipts, receivedAt, trace }), patience);
    points.settled.publish(undefined);
    onLoaded(batch, report, (performance.now() - began) / 1_000);
    return 'done';
  };
}
