import { randomInt } from 'node:crypto';
import { createDatabase, dropDatabase } from './postgres-database.ts';
import { createQueues } from './queues.ts';
import type { Queues } from './stack.ts';
import type { TestStack } from './test-stack.ts';
import { startTlsFront, type TlsFront } from './tls-front.ts';
import { startTlsFronts, type TlsFronts } from './tls-fronts.ts';

export { createDatabase, dropDatabase, createQueues, startTlsFront, startTlsFronts };
export type { Queues, TestStack, TlsFront, TlsFronts };

/** A test's own share of the stack, so that tests can run beside each other. */
export interface TestBundle {
  /** Fits as a schema, a role, a queue, a consumer's name. */
  readonly name: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** For BullMQ's `prefix`. */
  readonly redisPrefix: string;
  readonly queueUrl: string;
  readonly queues: Queues;
  /** Drops the database, whoever is connected, and deletes the queue; so does `await using`. */
  remove(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A database, a queue and a Redis prefix of the test's own on the stack that `inject('stack')` answers.
 * @param attributes of the queue, such as VisibilityTimeout
 */
export async function createTestBundle(
  stack: TestStack,
  prefix = 'test',
  attributes: Readonly<Record<string, string>> = {},
): Promise<TestBundle> {
  const name = uniqueName(prefix);
  const queues = createQueues(() => stack.sqsEndpoint);
  const [databaseUrl, queueUrl] = await Promise.all([
    createDatabase(stack.postgresUrl, name),
    queues.createQueue(name, attributes),
  ]);
  const remove = async (): Promise<void> => {
    await Promise.all([dropDatabase(stack.postgresUrl, name), queues.deleteQueue(queueUrl)]);
  };
  return {
    name,
    databaseUrl,
    redisUrl: stack.redisUrl,
    redisPrefix: name,
    queueUrl,
    queues,
    remove,
    [Symbol.asyncDispose]: remove,
  };
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** `<prefix>_<10 characters>`: needs no quotes in SQL, and SQS and BullMQ take it as well. */
export function uniqueName(prefix = 'test'): string {
  return `${prefix}_${Array.from({ length: 10 }, () => alphabet[randomInt(alphabet.length)]).join('')}`;
}
