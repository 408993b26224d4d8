import { randomUUID } from 'node:crypto';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { TestStack } from '@masque/local-stack/testing';
import { inject } from 'vitest';

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
  const client = new SQSClient({
    endpoint: sqsEndpoint(),
    region: sqsRegion(),
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  try {
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
    const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    return { name, url: QueueUrl ?? '', arn: Attributes?.QueueArn ?? '' };
  } finally {
    client.destroy();
  }
}
