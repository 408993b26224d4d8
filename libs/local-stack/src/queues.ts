import { Fault } from '@masque/fault';
import type { Queues } from './stack.ts';

/** SQS's limits of a batch call ("Amazon SQS message quotas"). */
const mostEntries = 10;
const mostBytes = 1_048_576;
/** Batch calls on their way at the same time. */
const parallel = 4;
const patienceMs = 30_000;

/** SQS's JSON protocol by hand: the AWS SDK belongs to libs/sqs-source alone, and the server here asks for no signature. */
export function createQueues(endpoint: () => string): Queues {
  async function call(action: string, input: object): Promise<unknown> {
    const base = endpoint();
    let response: Response;
    try {
      response = await fetch(base, {
        method: 'POST',
        headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
        body: JSON.stringify(input),
        signal: AbortSignal.timeout(patienceMs),
      });
    } catch {
      throw new Fault('sqs_unreachable', `the local SQS did not answer ${action}`, {
        heals: true,
        details: { endpoint: base },
      });
    }
    const output: unknown = await response.json().catch(() => undefined);
    if (response.ok) return output;
    throw refused(action, (output as { readonly __type?: unknown } | undefined)?.__type, response.status);
  }

  return {
    async createQueue(name, attributes = {}) {
      const { QueueUrl } = (await call('CreateQueue', { QueueName: name, Attributes: attributes })) as {
        readonly QueueUrl: string;
      };
      // A queue kept from a run on another port says that port still.
      return endpoint() + new URL(QueueUrl).pathname;
    },
    async send(queueUrl, bodies, attributes = {}) {
      const MessageAttributes = Object.fromEntries(
        Object.entries(attributes).map(([name, text]) => [name, { DataType: 'String', StringValue: text }]),
      );
      const ids = Array.from<string>({ length: bodies.length });
      const batches = inBatches(bodies).values();
      const lane = async (): Promise<void> => {
        for (const batch of batches) {
          const output = (await call('SendMessageBatch', {
            QueueUrl: queueUrl,
            Entries: batch.map((index) => ({ Id: String(index), MessageBody: bodies[index], MessageAttributes })),
          })) as SendMessageBatchOutput;
          const failed = output.Failed?.[0];
          if (failed !== undefined) throw refused('SendMessageBatch', failed.Code, 200);
          for (const { Id, MessageId } of output.Successful ?? []) ids[Number(Id)] = MessageId;
        }
      };
      await Promise.all(Array.from({ length: parallel }, lane));
      return ids;
    },
    async counts(queueUrl) {
      const { Attributes } = (await call('GetQueueAttributes', {
        QueueUrl: queueUrl,
        AttributeNames: [
          'ApproximateNumberOfMessages',
          'ApproximateNumberOfMessagesNotVisible',
          'ApproximateNumberOfMessagesDelayed',
        ],
      })) as { readonly Attributes: Readonly<Record<string, string>> };
      return {
        visible: Number(Attributes['ApproximateNumberOfMessages']),
        inFlight: Number(Attributes['ApproximateNumberOfMessagesNotVisible']),
        delayed: Number(Attributes['ApproximateNumberOfMessagesDelayed']),
      };
    },
    async purge(queueUrl) {
      await call('PurgeQueue', { QueueUrl: queueUrl });
    },
    async deleteQueue(queueUrl) {
      await call('DeleteQueue', { QueueUrl: queueUrl });
    },
  };
}

interface SendMessageBatchOutput {
  readonly Successful?: readonly { readonly Id: string; readonly MessageId: string }[];
  readonly Failed?: readonly { readonly Code: string }[];
}

/** Indexes of the bodies, at most ten and at most 1 MiB a batch. */
export function inBatches(bodies: readonly string[]): number[][] {
  const batches: number[][] = [];
  let bytes = 0;
  for (const [index, body] of bodies.entries()) {
    const size = Buffer.byteLength(body);
    const open = batches.at(-1);
    if (open !== undefined && open.length < mostEntries && bytes + size <= mostBytes) {
      open.push(index);
      bytes += size;
    } else {
      batches.push([index]);
      bytes = size;
    }
  }
  return batches;
}

/** `com.amazonaws.sqs#QueueDoesNotExist` and the like: a name out of SQS's own list. Its message may quote the body. */
function refused(action: string, type: unknown, status: number): Fault {
  const code = /#?(\w+)$/.exec(String(type))?.[1] ?? 'unknown';
  return new Fault('sqs_refused', `the local SQS refused ${action} (${code})`, {
    heals: status >= 500,
    details: { action, code, status },
  });
}
