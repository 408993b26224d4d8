import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSqsSource } from '../src/index.ts';
import { conformance, faultFrom } from './conformance.ts';
import { createQueryBridge } from './query-bridge.ts';
import { sqsEndpoint } from './test-queue.ts';

conformance('the SDK and the query protocol', async () => {
  const bridge = await createQueryBridge(sqsEndpoint());
  return { ...bridge, options: { protocol: 'query' } };
});

let bridge: Awaited<ReturnType<typeof createQueryBridge>>;
beforeAll(async () => {
  bridge = await createQueryBridge(sqsEndpoint());
});
afterAll(() => bridge.close());

test.each([
  { speaks: 'query', asked: 'json', setting: 'SQS_PROTOCOL' },
  { speaks: 'json', asked: 'query', setting: 'AWS_ENDPOINT_URL_SQS' },
] as const)('$asked asked of a server that speaks $speaks says so', async ({ speaks, asked, setting }) => {
  const endpoint = speaks === 'query' ? bridge.endpoint : sqsEndpoint();
  const source = createSqsSource({ queueName: 'any', endpoint, protocol: asked, visibilityTimeoutS: 60, waitS: 0 });
  const fault = await faultFrom(source.resolve());
  expect(fault).toMatchObject({ code: 'sqs_protocol', heals: false, setting });
  expect(fault.toLine()).toContain(new URL(endpoint).host);
  expect(fault.toLine()).toContain('SQS_PROTOCOL=query');
  source.close();
});
