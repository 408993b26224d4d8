import {
  ChangeMessageVisibilityBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type QueueAttributeName,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Connection } from './connection.ts';
import { faultOf } from './failure.ts';
import { called, readFailures } from './sdk-client.ts';
import { originAttribute } from './origin.ts';
import type { EntryFailure } from './transport.ts';

/** What SendMessageBatch says: the new id of every entry that was taken, by its place, and the rest. */
export interface SentBatch {
  readonly ids: ReadonlyMap<number, string>;
  readonly failed: readonly EntryFailure[];
}

export interface OutgoingMessage {
  readonly body: string;
  readonly origin?: string;
}

/** The rare calls, one request each, always by the SDK. They throw only Faults. */
export interface QueueCalls {
  findUrl(signal?: AbortSignal): Promise<string>;
  attributes(
    queueUrl: string,
    names: readonly QueueAttributeName[],
    signal?: AbortSignal,
  ): Promise<Partial<Record<string, string>>>;
  /** Up to ten receipts. */
  changeVisibility(queueUrl: string, receipts: readonly string[], seconds: number): Promise<EntryFailure[]>;
  /** Up to ten messages. */
  sendBatch(queueUrl: string, messages: readonly OutgoingMessage[]): Promise<SentBatch>;
}

export function createQueueCalls(connection: Connection, client: SQSClient): QueueCalls {
  return {
    async findUrl(signal) {
      const command = new GetQueueUrlCommand({ QueueName: connection.queueName });
      const answer = await called(connection, 'GetQueueUrl', () => client.send(command, abortedBy(signal)));
      if (answer.QueueUrl !== undefined) return answer.QueueUrl;
      throw faultOf(connection, { action: 'GetQueueUrl', name: 'Unknown', status: 200 });
    },

    async attributes(queueUrl, names, signal) {
      const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...names] });
      const answer = await called(connection, 'GetQueueAttributes', () => client.send(command, abortedBy(signal)));
      if (answer.Attributes !== undefined) return answer.Attributes;
      throw faultOf(connection, { action: 'GetQueueAttributes', name: 'Unknown', status: 200 });
    },

    async changeVisibility(queueUrl, receipts, seconds) {
      const entries = receipts.map((receipt, index) => ({
        Id: String(index),
        ReceiptHandle: receipt,
        VisibilityTimeout: seconds,
      }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries: entries });
      const answer = await called(connection, 'ChangeMessageVisibilityBatch', () => client.send(command));
      return readFailures(answer.Failed);
    },

    async sendBatch(queueUrl, messages) {
      const entries = messages.map(({ body, origin }, index) => ({
        Id: String(index),
        MessageBody: body,
        MessageAttributes:
          origin === undefined ? undefined : { [originAttribute]: { DataType: 'String', StringValue: origin } },
      }));
      const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries });
      const answer = await called(connection, 'SendMessageBatch', () => client.send(command));
      const taken = answer.Successful ?? [];
      return {
        ids: new Map(taken.map(({ Id, MessageId }) => [Number(Id), MessageId ?? ''])),
        failed: readFailures(answer.Failed),
      };
    },
  };
}

function abortedBy(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
