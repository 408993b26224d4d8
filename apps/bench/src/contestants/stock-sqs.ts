import { SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export const queueUrl = process.env['SQS_QUEUE_URL'] ?? '';

/** The AWS SDK as its manual says to tune it. */
export function createStockClient(): SQSClient {
  const agent = { keepAlive: true, maxSockets: 50 };
  return new SQSClient({
    endpoint: process.env['AWS_ENDPOINT_URL_SQS'] ?? '',
    useQueueUrlAsEndpoint: false,
    md5: false,
    requestHandler: new NodeHttpHandler({ httpAgent: agent, httpsAgent: agent }),
  });
}

export function untilTold(): AbortSignal {
  const aborter = new AbortController();
  process.once('SIGTERM', () => aborter.abort());
  return aborter.signal;
}
