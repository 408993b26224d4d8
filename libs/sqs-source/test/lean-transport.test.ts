import http, { type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSqsSource, type SqsSource, type SqsSourceOptions } from '../src/index.ts';
import { faultFrom } from './conformance.ts';
import { forgetAwsVariables } from './test-queue.ts';

/** A request as it came, and whether the SDK made it: only its own count their attempts. */
interface Came {
  readonly action: string;
  readonly bySdk: boolean;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

interface Answer {
  readonly status?: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

const closing: (() => void)[] = [];
beforeEach(forgetAwsVariables);
afterEach(() => {
  vi.unstubAllEnvs();
  closing.splice(0).forEach((close) => close());
});

async function setup(
  answer: (came: Came, count: number) => Answer = () => ({}),
  options: Partial<SqsSourceOptions> = {},
) {
  const came: Came[] = [];
  const server = http.createServer((request, response) => {
    const answered = async (): Promise<void> => {
      const body = await text(request);
      const [, action = ''] = String(request.headers['x-amz-target']).split('.');
      const bySdk = 'amz-sdk-invocation-id' in request.headers;
      came.push({ action, bySdk, headers: request.headers, body: JSON.parse(body) });
      const { status = 200, body: said = {}, headers = {} } = answer(came.at(-1) as Came, came.length);
      response
        .writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers })
        .end(JSON.stringify(said));
    };
    void answered();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close().closeAllConnections());
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connect = (more: Partial<SqsSourceOptions> = {}): SqsSource => {
    const source = createSqsSource({
      queueUrl: `${endpoint}/1/queue`,
      endpoint,
      region: 'eu-west-1',
      visibilityTimeoutS: 60,
      waitS: 0,
      ...options,
      ...more,
    });
    closing.push(() => source.close());
    return source;
  };
  return { came, source: connect(), connect, makers: () => came.map(({ bySdk }) => (bySdk ? 'sdk' : 'lean')) };
}

const refused = (type: string, status = 400): Answer => ({ status, body: { __type: `com.amazonaws.sqs#${type}` } });

test('both calls are lean, and ask for what the SDK asks for', async () => {
  const { came, source, connect } = await setup();
  await source.receive({ max: 7, waitS: 2 });
  await source.delete(['a', 'b']);
  const sdk = connect({ transport: 'sdk' });
  await sdk.receive({ max: 7, waitS: 2 });
  await sdk.delete(['a', 'b']);
  expect(came.map(({ action, bySdk }) => [action, bySdk])).toEqual([
    ['ReceiveMessage', false],
    ['DeleteMessageBatch', false],
    ['ReceiveMessage', true],
    ['DeleteMessageBatch', true],
  ]);
  for (const at of [0, 1]) {
    expect(came[at]?.body).toEqual(came[at + 2]?.body);
    const ofTheSdk = { ...came[at + 2]?.headers };
    const own = Object.keys(ofTheSdk).filter((name) => !name.startsWith('amz-sdk-'));
    expect(Object.keys(came[at]?.headers ?? {}).toSorted()).toEqual(own.toSorted());
    for (const name of own.filter((name) => !/^(authorization|x-amz-date|x-amz-content-sha256)$/.test(name)))
      expect(came[at]?.headers[name]).toBe(ofTheSdk[name]);
  }
});

test('what SQS refuses is said by the SDK, which goes on until it is well', async () => {
  const { source, makers } = await setup((_, count) => (count <= 2 ? refused('QueueDoesNotExist') : {}));
  expect(await faultFrom(source.receive())).toMatchObject({ code: 'queue_missing', details: { status: 400 } });
  expect(makers()).toEqual(['lean', 'sdk']);
  expect(await source.receive()).toEqual([]);
  expect(await source.receive()).toEqual([]);
  expect(makers()).toEqual(['lean', 'sdk', 'sdk', 'lean']);
});

test('while SQS throttles, no more is asked of it than the SDK asks', async () => {
  const { source, makers } = await setup(() => refused('RequestThrottled', 403));
  for (let call = 0; call < 2; call += 1) {
    expect(await faultFrom(source.receive())).toMatchObject({ code: 'sqs_throttled', heals: true });
  }
  expect(makers()).toEqual(['lean', 'sdk', 'sdk', 'sdk', 'sdk']);
});

test('a clock that is wrong is put right as the SDK does it, and lean calls go by it', async () => {
  const hour = 3_600_000;
  const { came, source, makers } = await setup(({ headers }) => {
    const date = String(headers['x-amz-date']).replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z');
    const isLate = Math.abs(Date.parse(date) - Date.now() - hour) > 300_000;
    return {
      ...(isLate ? refused('RequestTimeTooSkewed', 403) : {}),
      headers: { date: new Date(Date.now() + hour).toUTCString() },
    };
  });
  expect(await source.receive()).toEqual([]);
  expect(await source.receive()).toEqual([]);
  expect(makers()).toEqual(['lean', 'sdk', 'sdk', 'lean']);
  expect(came.at(-1)?.headers['x-amz-date']).not.toBe(came[0]?.headers['x-amz-date']);
});

test('credentials are the chain’s, session token included, and read anew when they change', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDFIRST');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'the-token');
  // Expired from the start, so that every call asks the chain again.
  vi.stubEnv('AWS_CREDENTIAL_EXPIRATION', new Date(Date.now() - 1_000).toISOString());
  const { came, source } = await setup();
  await source.receive();
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDSECOND');
  await source.receive();
  expect(came.map(({ bySdk }) => bySdk)).toEqual([false, false]);
  expect(came[0]?.headers['x-amz-security-token']).toBe('the-token');
  expect(came[0]?.headers.authorization).toContain('Credential=AKIDFIRST/');
  expect(came[1]?.headers.authorization).toContain('Credential=AKIDSECOND/');
});

test('AWS’s own settings are honoured', async () => {
  vi.stubEnv('AWS_SDK_UA_APP_ID', 'an-app');
  const { came, source } = await setup();
  await source.receive();
  expect(came[0]?.bySdk).toBe(false);
  expect(came[0]?.headers['user-agent']).toContain('an-app');
});

test.each([
  ['a path that would have to be encoded', '/a%20b'],
  ['a path with dots', '/a.b/c'],
])('what is not signed here is left to the SDK: %s', async (_, path) => {
  const { came, source, connect } = await setup();
  await source.receive();
  const { host } = came[0]?.headers ?? {};
  await connect({ endpoint: `http://${host}${path}` }).receive();
  expect(came.map(({ bySdk }) => bySdk)).toEqual([false, true]);
});

test.each([
  ['no list', { Messages: 'many' }],
  ['a message without a receipt', { Messages: [{ MessageId: '1', Body: '' }] }],
  ['no object', ['Messages']],
])('an answer that is none of ReceiveMessage’s is judged by the SDK: %s', async (_, body) => {
  const { source, makers } = await setup((__, count) => (count === 1 ? { body } : {}));
  expect(await source.receive()).toEqual([]);
  expect(makers()).toEqual(Array.isArray(body) ? ['lean'] : ['lean', 'sdk']);
});

test('entries that were not deleted are told alike', async () => {
  const body = {
    Failed: [
      { Id: '1', Code: 'ReceiptHandleIsInvalid', SenderFault: true },
      { Id: '0', Code: 'InternalError' },
    ],
  };
  const { source, connect } = await setup(() => ({ body }));
  const failures = await source.delete(['a', 'b']);
  expect(failures).toEqual([
    { receipt: 'b', code: 'ReceiptHandleIsInvalid', final: true },
    { receipt: 'a', code: 'InternalError', final: false },
  ]);
  expect(await connect({ transport: 'sdk' }).delete(['a', 'b'])).toEqual(failures);
});
