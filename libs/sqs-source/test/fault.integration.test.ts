import net, { type AddressInfo } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { createSqsSource } from '../src/index.ts';
import { faultFrom } from './conformance.ts';
import { awsError, type Verdict } from '@masque/local-stack/fault-proxy';
import { secretBody, useFaultyQueue } from './faulty-queue.ts';
import { createTestQueue } from './test-queue.ts';

const faulty = useFaultyQueue();

const html = (status: number): Verdict => ({ kind: 'answer', status, body: '<html>Bad Gateway</html>' });

describe.each(['lean', 'sdk'] as const)('over the %s transport', (transport) => {
  test.each<[string, boolean, string, Verdict]>([
    [
      'queue_missing',
      false,
      'a queue that went',
      awsError('QueueDoesNotExist', 400, 'AWS.SimpleQueueService.NonExistentQueue'),
    ],
    ['access_denied', false, 'a right that is missing', awsError('AccessDeniedException', 403, 'AccessDenied')],
    [
      'access_denied',
      false,
      'a key of KMS that is closed',
      awsError('KmsAccessDenied', 400, 'KMS.AccessDeniedException'),
    ],
    ['credentials_refused', false, 'a wrong key id', awsError('UnrecognizedClientException', 403)],
    ['credentials_refused', false, 'a wrong signature', awsError('SignatureDoesNotMatch', 403)],
    ['credentials_expired', true, 'a token that expired', awsError('ExpiredTokenException', 403)],
    ['sqs_in_flight_limit', true, 'a full queue', awsError('OverLimit', 403)],
    ['sqs_throttled', true, 'a throttle', awsError('RequestThrottled', 403)],
    ['sqs_throttled', true, 'a throttle of KMS', awsError('KmsThrottled', 400, 'KMS.ThrottlingException')],
    ['sqs_throttled', true, 'a throttle without words', { kind: 'answer', status: 429, body: '' }],
    ['sqs_failed', true, 'a failure of SQS', awsError('InternalFailure', 500)],
    ['sqs_failed', true, 'a failure without words', { kind: 'answer', status: 503, body: '' }],
    ['sqs_failed', true, 'a load balancer without a server', html(502)],
    ['sqs_protocol', false, 'a web site', html(200)],
    ['sqs_protocol', false, 'a web site without the page', html(404)],
    ['sqs_protocol', false, 'another service', awsError('UnknownOperationException')],
    [
      'sqs_protocol',
      false,
      'a message without its time',
      { kind: 'rewrite', answer: () => ({ Messages: [{ MessageId: '1' }] }) },
    ],
    ['sqs_refused', false, 'a refusal this package has no words for', awsError('SomethingNew')],
    ['sqs_refused', false, 'a name that only a defect of ours knows', awsError('constructor')],
    ['sqs_unreachable', true, 'a connection cut before', { kind: 'cut', when: 'before' }],
    ['sqs_unreachable', true, 'a connection cut after', { kind: 'cut', when: 'after' }],
    ['sqs_unreachable', true, 'a connection cut within the answer', { kind: 'cut', when: 'within' }],
  ])('a poll is answered with %s, heals %s: %s', async (code, heals, _, verdict) => {
    const source = faulty.connect({ transport });
    await source.send([secretBody]);
    faulty.proxy.rule(() => verdict);
    const fault = await faultFrom(source.receive());
    expect(fault).toMatchObject({ code, heals, details: { action: 'ReceiveMessage' } });
    // No words of the answer, the body, the URL's account or the headers.
    const said = `${JSON.stringify(fault)} ${fault.toLine()} ${fault.stack}`;
    expect(said).not.toMatch(/withheld|body-of|000000000000|AWS4|Signature=|Gateway/);
    expect(fault.cause).toBeUndefined();
  });
});

test('one failed try is not heard of', async () => {
  const source = faulty.connect();
  faulty.proxy.rule(({ count }) => (count === 1 ? { kind: 'cut', when: 'before' } : undefined));
  await source.send([secretBody]);
  expect(await source.receive()).toHaveLength(1);
  expect(faulty.proxy.seen.get('ReceiveMessage')).toBe(2);
});

// Well under the silence on a connection that would end it too.
const sooner = 10_000;

test('an answer that takes too long is given up, the poll included in the time', { timeout: sooner }, async () => {
  const source = faulty.connect({ answerTimeoutMs: 150 });
  const { promise, resolve } = Promise.withResolvers<void>();
  faulty.proxy.rule(() => ({ kind: 'hold', until: promise }));
  expect(await faultFrom(source.receive())).toMatchObject({ code: 'sqs_unreachable', heals: true });
  expect(await source.delete(['r'])).toMatchObject([{ receipt: 'r', code: 'sqs_unreachable', final: false }]);
  resolve();
  faulty.proxy.rule();
  // A poll of a second outlives the 150 ms, because its wait is on top.
  expect(await source.receive({ waitS: 1 })).toEqual([]);
});

test('an emulator needs no AWS_* variable, and AWS without them is a fault before anything is sent', async () => {
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  const options = { queueUrl: faulty.queue.url, endpoint: faulty.proxy.endpoint, visibilityTimeoutS: 60, waitS: 0 };
  const emulated = createSqsSource(options);
  expect(await emulated.resolve()).toEqual({ queueUrl: faulty.queue.url });
  const unkeyed = createSqsSource({ ...options, endpoint: 'https://sqs.invalid', region: 'eu-west-1' });
  expect(await faultFrom(unkeyed.resolve())).toMatchObject({ code: 'credentials_missing', heals: false });
  const unplaced = createSqsSource({ queueName: 'any', visibilityTimeoutS: 60, waitS: 0 });
  expect(await faultFrom(unplaced.resolve())).toMatchObject({ code: 'region_missing', setting: 'AWS_REGION' });
  for (const source of [emulated, unkeyed, unplaced]) source.close();
});

test('a FIFO queue is read, but not sent to', async () => {
  faulty.queue = await createTestQueue({ FifoQueue: 'true' }, `${faulty.queue.name}.fifo`);
  const source = faulty.connect();
  expect(await source.resolve()).toEqual({ queueUrl: faulty.queue.url });
  expect(await source.attributes()).toMatchObject({ fifo: true });
  expect(await source.receive()).toEqual([]);
  expect(await faultFrom(source.send(['1']))).toMatchObject({ code: 'sqs_fifo', heals: false });
});

test('nobody at the port, no such host, no HTTP: the fault names the place and the setting', async () => {
  const silent = net.createServer((socket) =>
    socket.once('data', () => socket.end('-ERR unknown command\r\n', () => socket.destroySoon())),
  );
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const noHttp = await faultFrom(faulty.connect({ endpoint: `http://127.0.0.1:${port}` }).resolve());
  expect(noHttp).toMatchObject({ code: 'sqs_protocol', heals: false });
  const noTls = await faultFrom(faulty.connect({ endpoint: `https://127.0.0.1:${port}` }).resolve());
  expect(noTls).toMatchObject({ code: 'sqs_untrusted', heals: false, setting: 'AWS_ENDPOINT_URL_SQS' });
  await new Promise((resolve) => silent.close(resolve));
  const refused = await faultFrom(faulty.connect({ endpoint: `http://127.0.0.1:${port}` }).resolve());
  expect(refused).toMatchObject({ code: 'sqs_unreachable', heals: true, setting: 'AWS_ENDPOINT_URL_SQS' });
  expect(refused.message).toBe(`SQS cannot be reached at 127.0.0.1:${port} (ECONNREFUSED)`);
  const unknown = await faultFrom(faulty.connect({ endpoint: 'http://sqs.invalid:4566' }).resolve());
  expect(unknown).toMatchObject({ code: 'sqs_unreachable', heals: true });
  expect(unknown.message).toContain('sqs.invalid:4566');
});

test('looking for the queue can be called off, and is begun anew', async () => {
  const source = faulty.connect({ queueName: faulty.queue.name });
  faulty.proxy.rule(() => ({ kind: 'hold', until: new Promise(() => {}) }));
  const call = new AbortController();
  const resolving = faultFrom(source.resolve(call.signal));
  await expect.poll(() => faulty.proxy.seen.get('GetQueueUrl')).toBe(1);
  call.abort();
  expect(await resolving).toMatchObject({ code: 'sqs_call_aborted' });
  faulty.proxy.rule();
  expect(await source.resolve()).toEqual({ queueUrl: faulty.queue.url });
});

test('a closed source has left no connection, and may be closed again', async () => {
  const source = faulty.connect();
  await source.resolve();
  await source.receive();
  await expect.poll(() => faulty.proxy.connections()).toBeGreaterThan(0);
  source.close();
  source.close();
  await expect.poll(() => faulty.proxy.connections()).toBe(0);
});

test('closing ends what is under way, and nothing is tried again', async () => {
  const source = faulty.connect();
  const poll = faultFrom(source.receive({ waitS: 20 }));
  await expect.poll(() => faulty.proxy.seen.get('ReceiveMessage')).toBe(1);
  source.close();
  expect(await poll).toMatchObject({ code: 'sqs_call_aborted' });
  expect(await source.delete(['r'])).toMatchObject([{ receipt: 'r', code: 'sqs_call_aborted', final: false }]);
  await expect.poll(() => faulty.proxy.connections()).toBe(0);
  expect(faulty.proxy.seen.get('ReceiveMessage')).toBe(1);
});
