/**
 * StartMessageMoveTask as AWS does it: a moved message has a new MessageId and a new SentTimestamp, so nothing in it
 * tells that it was there before ("Amazon SQS dead-letter queue redrive"). Emulators keep the id, or lack the call.
 */
export type Json = Readonly<Record<string, unknown>>;

export interface Mover {
  readonly moved: ReadonlyMap<string, string>;
  /** @param input SourceArn of the dead-letter queue, DestinationArn of the queue */
  move(input: Json): Promise<Json>;
}

interface Received {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
}

export function createMover(target: string): Mover {
  const moved = new Map<string, string>();

  async function call(action: string, input: object): Promise<Json> {
    const response = await fetch(target, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
      body: JSON.stringify(input),
    });
    return (await response.json()) as Json;
  }

  async function urlOf(arn: unknown): Promise<string> {
    const { QueueUrl } = await call('GetQueueUrl', { QueueName: String(arn).split(':').at(-1) });
    return String(QueueUrl);
  }

  return {
    moved,
    async move({ SourceArn, DestinationArn }) {
      const [from, to] = await Promise.all([urlOf(SourceArn), urlOf(DestinationArn)]);
      for (;;) {
        const answer = await call('ReceiveMessage', { QueueUrl: from, MaxNumberOfMessages: 10 });
        const messages = (answer['Messages'] ?? []) as Received[];
        if (messages.length === 0) return { TaskHandle: 'moved' };
        for (const { MessageId, ReceiptHandle, Body } of messages) {
          const sent = await call('SendMessage', { QueueUrl: to, MessageBody: Body });
          moved.set(MessageId, String(sent['MessageId']));
          await call('DeleteMessage', { QueueUrl: from, ReceiptHandle });
        }
      }
    },
  };
}
