/**
 * Closed batches on their way into Redis.
 *
 *     closed ──seal──▶ unsent ──add──▶ sent
 *                        │  └──Redis away: again, with jitter, under the same id
 *                        ├──past its deadline──▶ given up: SQS shows its messages again
 *                        └──shutdown──▶ released: handed back to SQS at once
 *
 * Invariant: a batch leaves by exactly one of the three ends. None of them loses a message; only the first deletes
 * one in the end, after PostgreSQL has committed it.
 */
import { type Fault, retry, toFault } from '@masque/fault';
import { newBatchId } from '@masque/handoff';
import { type extracted, sealContext } from '@masque/handoff-extracted';
import type { Publisher } from '@masque/job-queue';
import type { Span, Tracing } from '@masque/observability';
import type { Sealer } from '@masque/sealing';
import { createWeightLimit } from '@masque/stage';
import type { OpenBatch } from './batcher.ts';
import { encodeBody } from './body.ts';

export interface ShipperDeps {
  readonly pipeline: string;
  readonly visibilityTimeoutMs: number;
  readonly sealer: Pick<Sealer, 'seal'>;
  readonly publisher: Publisher<typeof extracted>;
  readonly tracing: Pick<Tracing, 'span'>;
  readonly release: (receipts: readonly string[]) => Promise<number>;
  readonly onSent: (batch: SentBatch) => void;
  readonly onGivenUp: (batch: { readonly id: string; readonly messages: number }, fault: Fault) => void;
  /** It is unsent no more, by whichever end. */
  readonly onLeft: (batch: OpenBatch) => void;
  readonly onFault: (fault: Fault) => void;
}

export interface SentBatch {
  readonly id: string;
  readonly receipts: readonly string[];
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly bytes: number;
}

export interface Shipper {
  ship(batch: OpenBatch): void;
  readonly unsent: number;
  /** Of the bodies of all unsent. */
  readonly unsentBytes: number;
  /** Waits for the unsent until `kindUntil` (epoch milliseconds), then releases the rest. */
  drain(kindUntil: number): Promise<{ readonly released: number }>;
}

/**
 * Bodies that are sealed and sent at once. On its way each byte is copied five times: as a body, joined, sealed, as
 * freight, as a command. Those in line are held once, as they came.
 */
const sealingBytes = 2 * 1_048_576;

export function createShipper(deps: ShipperDeps): Shipper {
  const underWay = new Map<OpenBatch, Promise<void>>();
  const stopped = new AbortController();
  const sealing = createWeightLimit(sealingBytes);
  let released = 0;

  function traced(batch: OpenBatch): Promise<void> {
    const id = newBatchId();
    const { messages, receivedAt } = batch;
    const links = messages.map(({ traceparent }) => traceparent);
    const place = { batch: id, pipeline: deps.pipeline, messages: messages.length, links, startedAt: receivedAt };
    return deps.tracing.span('receive', place, (span) => send(id, batch, span));
  }

  async function send(id: string, batch: OpenBatch, span: Span): Promise<void> {
    const deadline = batch.receivedAt + deps.visibilityTimeoutMs;
    const { messages } = batch;
    const late = AbortSignal.timeout(Math.max(1, deadline - Date.now()));
    const deliver = async (): Promise<void> => {
      // Whoever stood in line at a shutdown is not sealed any more.
      stopped.signal.throwIfAborted();
      const sealed = await deps.sealer.seal(
        messages.map((message) => encodeBody(message.body)),
        sealContext(deps.pipeline, id),
      );
      const handoff = {
        batch: id,
        pipeline: deps.pipeline,
        deadline,
        messageIds: messages.map((message) => message.id),
        receipts: messages.map((message) => message.receipt),
        sentAt: messages.map((message) => message.sentAt),
        ...originsOf(messages),
        receivedAt: batch.receivedAt,
        trace: span.traceparent,
        sealed,
      };
      await retry(() => deps.publisher.publish(handoff), {
        signal: AbortSignal.any([stopped.signal, late]),
        capMs: 1_000,
        onRetry: deps.onFault,
      });
      deps.onSent({ id, receipts: handoff.receipts, receivedAt: batch.receivedAt, bytes: batch.bytes });
    };
    try {
      await sealing.run(batch.bytes, deliver);
    } catch (error) {
      if (!stopped.signal.aborted) {
        const fault = toFault(error);
        span.fail(fault.code);
        deps.onGivenUp({ id, messages: messages.length }, fault);
        return;
      }
      // Not `released += await …`, which would add to what it was before others were released.
      span.fail('released');
      const taken = await deps.release(messages.map((message) => message.receipt));
      released += taken;
    }
  }

  return {
    ship(batch) {
      const sending = traced(batch).finally(() => {
        underWay.delete(batch);
        deps.onLeft(batch);
      });
      underWay.set(batch, sending);
    },
    get unsent() {
      return underWay.size;
    },
    get unsentBytes() {
      return underWay.keys().reduce((sum, { bytes }) => sum + bytes, 0);
    },
    async drain(kindUntil) {
      const timer = setTimeout(() => stopped.abort(), Math.max(0, kindUntil - Date.now()));
      while (underWay.size > 0) await Promise.all(underWay.values());
      clearTimeout(timer);
      return { released };
    },
  };
}

/** Only messages that were sent again have one. */
function originsOf(messages: OpenBatch['messages']): { origins?: string[] } {
  if (messages.every(({ origin }) => origin === undefined)) return {};
  return { origins: messages.map(({ origin = '' }) => origin) };
}
