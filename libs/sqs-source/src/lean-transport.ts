/**
 * The two hot calls without the SDK's way through them, which is most of a message's CPU time.
 *
 *     lean ──answered as expected──▶ lean
 *       └──anything else──▶ the SDK makes the same call ──answered──▶ lean again
 *                                 └──failed──▶ the SDK makes the calls that follow, until one succeeds
 *
 * Only the plain success is ours. Retries, throttling, clocks that differ, expired credentials and every error's name
 * are the SDK's, which meets them with the same request; so nothing of them is written twice, and while SQS is in
 * trouble the calls are what they are with `SQS_TRANSPORT=sdk`. The price is one request more where trouble begins.
 * Repeating is safe: a receive that failed gave nothing, or hid messages that come back, as the SDK's own retries do; a
 * delete may be done twice.
 */
import {
  type BatchResultErrorEntry,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import { createLeanCall } from './lean-call.ts';
import { deleteInput, readMessage, receiveInput } from './message.ts';
import { readFailures } from './sdk-client.ts';
import { createSdkTransport, type TransportDeps } from './sdk-transport.ts';
import type { EntryFailure, Transport } from './transport.ts';

export interface LeanTransportDeps extends TransportDeps {
  readonly maxSockets: { readonly polls: number; readonly calls: number };
  /** What the answer to a delete may take, milliseconds. */
  readonly answerTimeoutMs: number;
}

export function createLeanTransport(deps: LeanTransportDeps): Transport {
  const { connection, polls, calls, maxSockets, answerTimeoutMs } = deps;
  const QueueUrl = connection.queueUrl ?? connection.queueName;
  const sdk = createSdkTransport(deps);
  const receiving = createLeanCall({
    client: polls,
    example: () => new ReceiveMessageCommand({ QueueUrl }),
    maxSockets: maxSockets.polls,
  });
  const deleting = createLeanCall({
    client: calls,
    example: () => new DeleteMessageBatchCommand({ QueueUrl, Entries: [] }),
    maxSockets: maxSockets.calls,
  });
  const leanOrSdk = { receive: createChoice(), delete: createChoice() };

  return {
    receive: (poll) =>
      leanOrSdk.receive(
        async () => {
          const messages = messagesIn(await receiving.post(receiveInput(poll), poll.timeoutMs));
          return messages?.map((message) => readMessage(connection, message));
        },
        () => sdk.receive(poll),
      ),
    deleteBatch: (queueUrl, receipts) =>
      leanOrSdk.delete(
        async () => failuresIn(await deleting.post(deleteInput(queueUrl, receipts), answerTimeoutMs)),
        () => sdk.deleteBatch(queueUrl, receipts),
      ),
    close() {
      // The SDK's first: what ends here by being closed finds no other way.
      sdk.close();
      receiving.close();
      deleting.close();
    },
  };
}

/** @returns a function that takes a call in both forms and makes it as the states above say */
function createChoice() {
  let isWell = true;
  return async <T>(lean: () => Promise<T | undefined>, sdk: () => Promise<T>): Promise<T> => {
    const answer = isWell ? await lean() : undefined;
    if (answer !== undefined) return answer;
    isWell = false;
    const byTheSdk = await sdk();
    isWell = true;
    return byTheSdk;
  };
}

/** Undefined unless the answer is what ReceiveMessage answers. */
function messagesIn(answer: unknown): readonly Message[] | undefined {
  if (!isObject(answer)) return undefined;
  const messages = answer['Messages'] ?? [];
  return Array.isArray(messages) && messages.every(isMessage) ? messages : undefined;
}

function isMessage(value: unknown): value is Message {
  return isObject(value) && ['MessageId', 'ReceiptHandle', 'Body'].every((name) => typeof value[name] === 'string');
}

/** Undefined unless the answer is what DeleteMessageBatch answers. */
function failuresIn(answer: unknown): EntryFailure[] | undefined {
  if (!isObject(answer)) return undefined;
  const failed = answer['Failed'] ?? [];
  return Array.isArray(failed) && failed.every(isEntry) ? readFailures(failed) : undefined;
}

function isEntry(value: unknown): value is BatchResultErrorEntry {
  return isObject(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
