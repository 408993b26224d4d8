import type { Message } from '@aws-sdk/client-sqs';
import type { Connection } from './connection.ts';
import { faultOf } from './failure.ts';
import { carriedOrigin, carriedTrace, originAttribute, traceAttribute } from './origin.ts';
import type { Poll, SourceMessage } from './transport.ts';

const systemAttributes = ['SentTimestamp', 'ApproximateReceiveCount'] as const;

/** What is asked of ReceiveMessage, by any transport. */
export function receiveInput({ queueUrl, max, waitS, visibilityTimeoutS }: Poll) {
  return {
    QueueUrl: queueUrl,
    MaxNumberOfMessages: max,
    WaitTimeSeconds: waitS,
    VisibilityTimeout: visibilityTimeoutS,
    // Neither comes unasked. The query protocol sends this under the name that LocalStack before 3.0 knows.
    MessageSystemAttributeNames: [...systemAttributes],
    MessageAttributeNames: [originAttribute, traceAttribute],
  };
}

/** What is asked of DeleteMessageBatch; an entry's id is its place. */
export function deleteInput(queueUrl: string, receipts: readonly string[]) {
  return {
    QueueUrl: queueUrl,
    Entries: receipts.map((receipt, index) => ({ Id: String(index), ReceiptHandle: receipt })),
  };
}

/** Without an id, a receipt or a time a message can be neither loaded once nor deleted, so nothing is guessed. */
export function readMessage(connection: Connection, message: Message): SourceMessage {
  const { MessageId: id, ReceiptHandle: receipt, Body: body = '', Attributes: given = {} } = message;
  const sentAt = Number(given.SentTimestamp);
  if (id === undefined || receipt === undefined || !Number.isSafeInteger(sentAt)) {
    throw faultOf(connection, { action: 'ReceiveMessage', name: 'Unknown', status: 200 });
  }
  const attributes = message.MessageAttributes ?? {};
  const origin = carriedOrigin(attributes[originAttribute]?.StringValue);
  const traceparent = carriedTrace(attributes[traceAttribute]?.StringValue);
  const receives = Number(given.ApproximateReceiveCount ?? 1);
  return {
    id,
    receipt,
    body,
    sentAt,
    receives,
    ...(origin === undefined ? {} : { origin }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}
