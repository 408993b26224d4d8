import type { LocalStack } from './stack.ts';

/** Where a whole test run's one stack is. `inject('stack')` in a test. */
export interface TestStack {
  readonly postgresUrl: string;
  readonly redisUrl: string;
  readonly sqsEndpoint: string;
  readonly region: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    stack: TestStack;
  }
}

export function testStackOf({ postgres, redis, sqs }: LocalStack): TestStack {
  return { postgresUrl: postgres.url(), redisUrl: redis.url, sqsEndpoint: sqs.endpoint, region: sqs.region };
}
