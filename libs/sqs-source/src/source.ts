import { Fault } from '@masque/fault';
import { type QueueAttributes, type QueueCounts, readAttributes, readCounts } from './attributes.ts';
import { entriesMax } from './body.ts';
import { connectionOf, type SqsSourceOptions } from './connection.ts';
import { createLanes } from './lanes.ts';
import { createQueueCalls, type OutgoingMessage } from './queue-calls.ts';
import { createSdkClient } from './sdk-client.ts';
import { createLeanTransport } from './lean-transport.ts';
import { createSdkTransport } from './sdk-transport.ts';
import { sendAll } from './send.ts';
import { type DeleteFailure, settleInTens } from './settle.ts';
import { timed } from './timing.ts';
import type { SourceMessage } from './transport.ts';

/**
 * One SQS queue. It leaves out what is policy: when to poll, how messages become batches, when to retry a delete.
 * Everything it throws is a Fault; nothing it throws quotes a body, a receipt or a key.
 */
export interface SqsSource {
  /**
   * Finds the queue and reads its attributes, so that a wrong name, region, key or right shows at start. The other
   * calls find the queue by themselves; they do not wait for this one. Needs sqs:GetQueueAttributes, and
   * sqs:GetQueueUrl when the queue is given by name.
   */
  resolve(signal?: AbortSignal): Promise<{ readonly queueUrl: string }>;
  /**
   * One long poll: up to `max` (10) messages, each ours for the visibility timeout. It takes no signal: a poll that is
   * cut off may already have been answered, and its messages then wait out the whole timeout. Let it end.
   */
  receive(options?: { readonly max?: number; readonly waitS?: number }): Promise<SourceMessage[]>;
  /** Any number of receipts. Returns those not deleted and never throws; see `DeleteFailure`. Retries are the caller's. */
  delete(receipts: readonly string[]): Promise<DeleteFailure[]>;
  /** Hands messages back at once. Best effort: returns how many SQS took; the others wait out their timeout. */
  release(receipts: readonly string[]): Promise<number>;
  /** Makes messages ours for `seconds` from now; SQS ends that 12 hours after the receive. Returns failures like `delete`. */
  extend(receipts: readonly string[], seconds: number): Promise<DeleteFailure[]>;
  counts(): Promise<QueueCounts>;
  attributes(): Promise<QueueAttributes>;
  /**
   * Sends every body at least once (a request that was cut off is sent again) and returns the message ids in order.
   * `onSent` gets how many have been taken so far. A body that SQS would refuse is a fault `sqs_body_refused` with its
   * `index` before anything is sent; a fault while sending has `sent` in its details, how many were taken. FIFO
   * queues are refused (`sqs_fifo`): they want message groups.
   */
  send(bodies: readonly string[], onSent?: (count: number) => void): Promise<string[]>;
  /** The same for messages that were sent before, each with its origin as an attribute. */
  sendAgain(messages: readonly { readonly body: string; readonly origin: string }[]): Promise<string[]>;
  /** Closes the connections; may be called twice. A call still under way fails with `sqs_call_aborted`. */
  close(): void;
}

/** Requests under way at once, over all callers. At 10 ms an answer, 8 of ten entries each settle 8,000 a second. */
const settleWidth = 8;
const sendWidth = 8;
/** The longest wait SQS knows, so the longest silence a healthy poll can have. */
const longestPollMs = 20_000;

/** @throws {Fault} `sqs_setting_invalid`. Opens no connection. */
export function createSqsSource(options: SqsSourceOptions): SqsSource {
  const connection = connectionOf(options);
  const answerTimeoutMs = options.answerTimeoutMs ?? 10_000;
  const maxSockets = { polls: options.maxSockets ?? 50, calls: settleWidth + sendWidth + 4 };
  const polls = createSdkClient(connection, {
    maxSockets: maxSockets.polls,
    answerTimeoutMs: options.waitS * 1_000 + answerTimeoutMs,
    silenceMs: longestPollMs + answerTimeoutMs,
    // The second try is for a connection that the far end closed while it was idle.
    attempts: 2,
  });
  const client = createSdkClient(connection, {
    maxSockets: maxSockets.calls,
    answerTimeoutMs,
    silenceMs: answerTimeoutMs,
    attempts: 3,
  });
  const clients = { connection, polls, calls: client };
  const transport =
    options.transport === 'sdk'
      ? createSdkTransport(clients)
      : createLeanTransport({ ...clients, maxSockets, answerTimeoutMs });
  const calls = createQueueCalls(connection, client);
  const settling = createLanes(settleWidth);
  const sending = createLanes(sendWidth);

  let finding = connection.queueUrl === undefined ? undefined : Promise.resolve(connection.queueUrl);
  function queueUrl(): Promise<string> {
    finding ??= calls.findUrl().catch((error: unknown) => {
      finding = undefined;
      throw error;
    });
    return finding;
  }

  function setVisibility(receipts: readonly string[], seconds: number): Promise<DeleteFailure[]> {
    return settleInTens(receipts, settling, async (ten) => {
      const url = await queueUrl();
      return await timed('visibility', options.onCall, () => calls.changeVisibility(url, ten, seconds));
    });
  }

  async function send(messages: readonly OutgoingMessage[], onSent?: (count: number) => void): Promise<string[]> {
    if (connection.queueName.endsWith('.fifo')) {
      throw new Fault('sqs_fifo', 'sending to a FIFO queue is not supported', { heals: false });
    }
    const url = await queueUrl();
    const bodies = messages.map(({ body }) => body);
    return await sendAll(bodies, {
      lanes: sending,
      sendBatch: (indexes) =>
        calls.sendBatch(
          url,
          indexes.flatMap((index) => messages[index] ?? []),
        ),
      onSent,
    });
  }

  return {
    async resolve(signal) {
      // Not through `queueUrl`: this caller's signal must not end a search that another waits for.
      const url = await (finding ?? calls.findUrl(signal));
      finding = Promise.resolve(url);
      await readAttributes(calls, url, signal);
      return { queueUrl: url };
    },
    async receive({ max = entriesMax, waitS = options.waitS } = {}) {
      const poll = {
        queueUrl: await queueUrl(),
        max,
        waitS,
        visibilityTimeoutS: options.visibilityTimeoutS,
        timeoutMs: waitS * 1_000 + answerTimeoutMs,
      };
      return await timed('receive', options.onCall, () => transport.receive(poll));
    },
    delete: (receipts) =>
      settleInTens(receipts, settling, async (ten) => {
        const url = await queueUrl();
        return await timed('delete', options.onCall, () => transport.deleteBatch(url, ten));
      }),
    async release(receipts) {
      const failures = await setVisibility(receipts, 0);
      return receipts.length - failures.length;
    },
    extend: setVisibility,
    counts: async () => readCounts(calls, await queueUrl()),
    attributes: async () => readAttributes(calls, await queueUrl()),
    send: (bodies, onSent) =>
      send(
        bodies.map((body) => ({ body })),
        onSent,
      ),
    sendAgain: (messages) => send(messages),
    close() {
      transport.close();
      client.destroy();
    },
  };
}
