import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { createSqsSource, type SqsSource, type SqsSourceOptions } from '../src/index.ts';
import { createFaultProxy, type FaultProxy } from '@masque/local-stack/fault-proxy';
import { createTestQueue, forgetAwsVariables, sqsEndpoint, sqsRegion, type TestQueue } from './test-queue.ts';

/** What the test sends and no fault may repeat. */
export const secretBody = 'body-of-a-person';

export interface FaultyQueue {
  proxy: FaultProxy;
  /** Each test's own; a test may put another in its place. */
  queue: TestQueue;
  /** A source of the queue behind the proxy, closed after the test. */
  connect(options?: Partial<SqsSourceOptions>): SqsSource;
}

export function useFaultyQueue(): FaultyQueue {
  const opened: SqsSource[] = [];
  const faulty = {
    connect(options: Partial<SqsSourceOptions> = {}): SqsSource {
      const defaults = { endpoint: faulty.proxy.endpoint, region: sqsRegion(), visibilityTimeoutS: 60, waitS: 0 };
      const named = options.queueName === undefined ? { queueUrl: faulty.queue.url } : {};
      const source = createSqsSource({ ...defaults, ...named, ...options });
      opened.push(source);
      return source;
    },
  } as FaultyQueue;
  beforeAll(async () => {
    faulty.proxy = await createFaultProxy(sqsEndpoint());
  });
  afterAll(() => faulty.proxy.close());
  beforeEach(async () => {
    forgetAwsVariables();
    faulty.queue = await createTestQueue();
  });
  afterEach(() => {
    faulty.proxy.rule();
    vi.unstubAllEnvs();
    opened.splice(0).forEach((source) => source.close());
  });
  return faulty;
}
