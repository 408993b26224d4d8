import { randomUUID } from 'node:crypto';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { TestStack } from '@masque/local-stack/testing';
import { inject, vi } from 'vitest';

export interface TestQueue {
  readonly name: string;
  readonly url: string;
  readonly arn: string;
}

function stack(): TestStack {
  return inject('stack');
}

export function sqsEndpoint(): string {
  return stack().sqsEndpoint;
}

export function sqsRegion(): string {
  return stack().region;
}

/** A queue of the test's own, made behind the package's back. */
export async function createTestQueue(
  attributes: Record<string, string> = {},
  name: string = `test-${randomUUID()}`,
): Promise<TestQueue> {
  return withClient(async (client) => {
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
    const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    return { name, url: QueueUrl ?? '', arn: Attributes?.QueueArn ?? '' };
  });
}

/** A message with attributes of a producer's. */
export async function sendWith(queue: TestQueue, body: string, attributes: Record<string, string>): Promise<void> {
  const MessageAttributes = Object.fromEntries(
    Object.entries(attributes).map(([name, text]) => [name, { DataType: 'String', StringValue: text }]),
  );
  await withClient((client) =>
    client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: body, MessageAttributes })),
  );
}

async function withClient<T>(work: (client: SQSClient) => Promise<T>): Promise<T> {
  const client = new SQSClient({
    endpoint: sqsEndpoint(),
    region: sqsRegion(),
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  try {
    return await work(client);
  } finally {
    client.destroy();
  }
}

/** Takes the developer's own AWS_* away until `vi.unstubAllEnvs`. */
export function forgetAwsVariables(): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
}
