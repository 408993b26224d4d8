import { Readable } from 'node:stream';
import { ReceiveMessageCommand, SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { createSigner } from '../src/signature.ts';

interface Sent {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A client whose requests end here, answered with `{}` and the time of a server whose clock is so far off. */
function sdkClient(config: SQSClientConfig, skewMs = 0): { readonly client: SQSClient; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const client = new SQSClient({
    useQueueUrlAsEndpoint: false,
    ...config,
    requestHandler: {
      metadata: { handlerProtocol: 'http/1.1' },
      handle(request: { path: string; headers: Record<string, string>; body: Uint8Array }) {
        sent.push({ path: request.path, headers: { ...request.headers }, body: Buffer.from(request.body).toString() });
        const headers = { date: new Date(Date.now() + skewMs).toUTCString() };
        return Promise.resolve({ response: { statusCode: 200, headers, body: Readable.from([Buffer.from('{}')]) } });
      },
    },
  });
  return { client, sent };
}

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const command = () =>
  new ReceiveMessageCommand({ QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/1/a', WaitTimeSeconds: 5 });

test.each([
  ['keys alone', { region: 'eu-west-1', credentials }],
  ['a session token', { region: 'eu-west-1', credentials: { ...credentials, sessionToken: 'FwoGZXIvYXdzE+/=token' } }],
  ['an emulator', { region: 'us-east-1', credentials, endpoint: 'http://127.0.0.1:4566' }],
  ['an endpoint with a path', { region: 'us-east-1', credentials, endpoint: 'http://127.0.0.1:4566/sqs-proxy/v1' }],
  ['FIPS', { region: 'us-gov-west-1', credentials, useFipsEndpoint: true }],
  ['dual stack', { region: 'eu-central-1', credentials, useDualstackEndpoint: true }],
])('the signature is the SDK’s own, with %s', async (_, config: SQSClientConfig) => {
  const { client, sent } = sdkClient(config);
  await client.send(command());
  await client.send(command());
  expect(sent).toHaveLength(2);
  for (const request of sent) expectSameSignature(request, config);
});

test('the signature is the SDK’s own also where the clocks differ', async () => {
  const config = { region: 'eu-west-1', credentials };
  const { client, sent } = sdkClient(config, 3 * 3_600_000);
  await client.send(command());
  await client.send(command());
  // The SDK has learned the server's time from the first answer.
  expect(Math.abs(timeOf(sent[1]) - Date.now() - 3 * 3_600_000)).toBeLessThan(60_000);
  expect(Math.abs(timeOf(sent[0]) - Date.now())).toBeLessThan(60_000);
  for (const request of sent) expectSameSignature(request, config);
});

test('a new day, a new secret or a session has a signature of its own', () => {
  const repeated = { path: '/', headers: { host: 'sqs.eu-west-1.amazonaws.com' }, region: 'eu-west-1', service: 'sqs' };
  const body = '{}';
  const at = Date.UTC(2026, 10, 24, 23, 59, 59);
  const one = createSigner(repeated);
  for (const [keys, time] of [
    [credentials, at],
    [credentials, at + 1_000],
    [{ ...credentials, sessionToken: 'token' }, at + 1_000],
    [{ ...credentials, secretAccessKey: 'another' }, at + 1_000],
    [credentials, at],
  ] as const) {
    expect(one.sign(body, keys, time)).toEqual(createSigner(repeated).sign(body, keys, time));
  }
});

function expectSameSignature(sent: Sent, config: SQSClientConfig): void {
  const [, names = ''] = /SignedHeaders=([^,]+)/.exec(sent.headers['authorization'] ?? '') ?? [];
  const added = new Set(['content-length', 'x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token']);
  const constant = names.split(';').filter((name) => !added.has(name));
  const signer = createSigner({
    path: sent.path,
    headers: Object.fromEntries(constant.map((name) => [name, sent.headers[name] ?? ''])),
    region: String(config.region),
    service: 'sqs',
  });
  const flat = signer.sign(sent.body, config.credentials as typeof credentials, timeOf(sent));
  const signed = Object.fromEntries(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1]]] : [])));
  for (const name of [...names.split(';'), 'authorization']) expect(signed[name]).toBe(sent.headers[name]);
}

/** Of `x-amz-date`, epoch milliseconds. */
function timeOf(sent: Sent | undefined): number {
  const digits = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(sent?.headers['x-amz-date'] ?? '') ?? [];
  const [, year, month, day, hour, minute, second] = digits.map(Number);
  return Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second);
}
