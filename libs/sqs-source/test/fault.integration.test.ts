import net, { type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createSqsSource, type SqsSource, type SqsSourceOptions } from '../src/index.ts';
import { faultFrom } from './conformance.ts';
import { awsError, createFaultProxy, type FaultProxy, type Verdict } from './fault-proxy.ts';
import { createTestQueue, forgetAwsVariables, sqsEndpoint, sqsRegion, type TestQueue } from './test-queue.ts';

const secretBody = 'body-of-a-person';

let proxy: FaultProxy;
let queue: TestQueue;
const opened: SqsSource[] = [];

beforeAll(async () => {
  proxy = await createFaultProxy(sqsEndpoint());
});
afterAll(() => proxy.close());
beforeEach(async () => {
  forgetAwsVariables();
  queue = await createTestQueue();
});
afterEach(() => {
  proxy.rule();
  vi.unstubAllEnvs();
  opened.splice(0).forEach((source) => source.close());
});

function connect(options: Partial<SqsSourceOptions> = {}): SqsSource {
  const defaults = { endpoint: proxy.endpoint, region: sqsRegion(), visibilityTimeoutS: 60, waitS: 0 };
  const named = options.queueName === undefined ? { queueUrl: queue.url } : {};
  const source = createSqsSource({ ...defaults, ...named, ...options });
  opened.push(source);
  return source;
}

/** So many messages, sent and received past the proxy's rule. */
async function received(source: SqsSource, count: number): Promise<string[]> {
  await source.send(Array.from({ length: count }, () => secretBody));
  const receipts: string[] = [];
  while (receipts.length < count) receipts.push(...(await source.receive()).map(({ receipt }) => receipt));
  return receipts;
}

const html = (status: number): Verdict => ({ kind: 'answer', status, body: '<html>Bad Gateway</html>' });

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
  const source = connect();
  await source.send([secretBody]);
  proxy.rule(() => verdict);
  const fault = await faultFrom(source.receive());
  expect(fault).toMatchObject({ code, heals, details: { action: 'ReceiveMessage' } });
  // No words of the answer, the body, the URL's account or the headers.
  const said = `${JSON.stringify(fault)} ${fault.toLine()} ${fault.stack}`;
  expect(said).not.toMatch(/withheld|body-of|000000000000|AWS4|Signature=|Gateway/);
  expect(fault.cause).toBeUndefined();
});

test('one failed try is not heard of', async () => {
  const source = connect();
  proxy.rule(({ count }) => (count === 1 ? { kind: 'cut', when: 'before' } : undefined));
  await source.send([secretBody]);
  expect(await source.receive()).toHaveLength(1);
  expect(proxy.seen.get('ReceiveMessage')).toBe(2);
});

// Well under the silence on a connection that would end it too.
const sooner = 10_000;

test('an answer that takes too long is given up, the poll included in the time', { timeout: sooner }, async () => {
  const source = connect({ answerTimeoutMs: 150 });
  const { promise, resolve } = Promise.withResolvers<void>();
  proxy.rule(() => ({ kind: 'hold', until: promise }));
  expect(await faultFrom(source.receive())).toMatchObject({ code: 'sqs_unreachable', heals: true });
  expect(await source.delete(['r'])).toMatchObject([{ receipt: 'r', code: 'sqs_unreachable', final: false }]);
  resolve();
  proxy.rule();
  // A poll of a second outlives the 150 ms, because its wait is on top.
  expect(await source.receive({ waitS: 1 })).toEqual([]);
});

test('of a delete whose entries failed in part, those come back, with what retrying can do', async () => {
  const source = connect();
  const receipts = await received(source, 4);
  proxy.rule(() => ({
    kind: 'rewrite',
    answer: () => ({
      Successful: [{ Id: '0' }],
      Failed: [
        { Id: '1', Code: 'InternalError', SenderFault: false, Message: secretBody },
        { Id: '2', Code: 'ReceiptHandleIsInvalid', SenderFault: true },
        { Id: '3', Code: 'AWS.SimpleQueueService.RequestThrottled', SenderFault: true },
      ],
    }),
  }));
  expect(await source.delete(receipts)).toEqual([
    { receipt: receipts[1], code: 'InternalError', final: false },
    { receipt: receipts[2], code: 'ReceiptHandleIsInvalid', final: true },
    { receipt: receipts[3], code: 'RequestThrottled', final: false },
  ]);
});

test('of a delete whose second request fails, its receipts come back and the others are gone', async () => {
  const source = connect();
  const receipts = await received(source, 25);
  const lost = new Set<unknown>();
  proxy.rule(({ action, count, request }) => {
    if (action !== 'DeleteMessageBatch') return undefined;
    const [first] = request['Entries'] as { ReceiptHandle: string }[];
    if (count === 2) lost.add(first?.ReceiptHandle);
    return lost.has(first?.ReceiptHandle) ? awsError('InternalFailure', 500) : undefined;
  });
  const failures = await source.delete(receipts);
  expect(lost).toContain(failures[0]?.receipt);
  expect([5, 10]).toContain(failures.length);
  expect(failures.every(({ final, fault }) => !final && fault?.code === 'sqs_failed' && fault.heals)).toBe(true);
  expect((await source.counts()).inFlight).toBe(failures.length);
  proxy.rule();
  expect(await source.delete(failures.map(({ receipt }) => receipt))).toEqual([]);
  expect((await source.counts()).inFlight).toBe(0);
});

test('a delete whose answer was lost is repeated and harmless', async () => {
  const source = connect();
  const receipts = await received(source, 3);
  proxy.rule(({ count }) => (count === 1 ? { kind: 'cut', when: 'after' } : undefined));
  expect(await source.delete(receipts)).toEqual([]);
  expect(await source.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
});

test('deletes of several callers share eight requests at once, and a poll does not wait for them', async () => {
  const source = connect();
  const { promise, resolve } = Promise.withResolvers<void>();
  proxy.rule(({ action }) => (action === 'DeleteMessageBatch' ? { kind: 'hold', until: promise } : undefined));
  const receipts = Array.from({ length: 100 }, (_, index) => `r${index}`);
  const deletes = Promise.all([source.delete(receipts), source.delete(receipts)]);
  await expect.poll(() => proxy.peak).toBe(8);
  expect(await source.receive()).toEqual([]);
  resolve();
  expect(await deletes).toEqual([[], []]);
  expect(proxy.seen.get('DeleteMessageBatch')).toBe(20);
  expect(proxy.peak).toBeLessThanOrEqual(9);
});

test('entries that SQS failed are sent again, and their ids are at their places', async () => {
  const source = connect();
  const bodies = Array.from({ length: 10 }, (_, index) => `body ${index}`);
  proxy.rule(({ count }) =>
    count > 1
      ? undefined
      : { kind: 'rewrite', answer: failEntries((id) => Number(id) % 3 === 0, 'InternalError', false) },
  );
  const progress: number[] = [];
  const ids = await source.send(bodies, (count) => progress.push(count));
  expect(progress).toEqual([6, 10]);
  proxy.rule();
  const messages = [...(await source.receive()), ...(await source.receive())];
  const bodyOf = new Map(messages.map(({ id, body }) => [id, body]));
  expect(ids.map((id) => bodyOf.get(id))).toEqual(bodies);
});

test('an entry that SQS refuses for good is named by the index of its body', async () => {
  const source = connect();
  proxy.rule(({ count }) =>
    count === 1
      ? undefined
      : { kind: 'rewrite', answer: failEntries((id) => id === '2', 'InvalidParameterValue', true) },
  );
  await source.send(['the first request passes']);
  const fault = await faultFrom(source.send(Array.from({ length: 5 }, () => secretBody)));
  const details = { index: 2, reason: 'InvalidParameterValue', sent: 4 };
  expect(fault).toMatchObject({ code: 'sqs_body_refused', heals: false, details });
  expect(JSON.stringify(fault)).not.toContain(secretBody);
});

test('a batch that is too long for the queue is sent in halves', async () => {
  const source = connect();
  proxy.rule(({ request }) =>
    (request['Entries'] as unknown[]).length > 3
      ? awsError('BatchRequestTooLong', 400, 'AWS.SimpleQueueService.BatchRequestTooLong')
      : undefined,
  );
  const bodies = Array.from({ length: 10 }, (_, index) => String(index));
  expect(new Set(await source.send(bodies))).toHaveProperty('size', 10);
});

test('a send that cannot go on begins nothing more and says how far it came', async () => {
  const source = connect();
  proxy.rule(({ action, count }) =>
    action === 'SendMessageBatch' && count > 2 ? awsError('AccessDeniedException', 403, 'AccessDenied') : undefined,
  );
  const fault = await faultFrom(source.send(Array.from({ length: 300 }, () => secretBody)));
  expect(fault).toMatchObject({ code: 'access_denied', details: { action: 'SendMessageBatch', sent: 20 } });
  // The two that passed made room for two more beside the eight at once.
  expect(proxy.seen.get('SendMessageBatch')).toBeLessThanOrEqual(10);
  expect(await source.counts()).toEqual({ visible: 20, inFlight: 0, delayed: 0 });
});

test('an emulator needs no AWS_* variable, and AWS without them is a fault before anything is sent', async () => {
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  const options = { queueUrl: queue.url, endpoint: proxy.endpoint, visibilityTimeoutS: 60, waitS: 0 };
  const emulated = createSqsSource(options);
  expect(await emulated.resolve()).toEqual({ queueUrl: queue.url });
  const unkeyed = createSqsSource({ ...options, endpoint: 'https://sqs.invalid', region: 'eu-west-1' });
  expect(await faultFrom(unkeyed.resolve())).toMatchObject({ code: 'credentials_missing', heals: false });
  const unplaced = createSqsSource({ queueName: 'any', visibilityTimeoutS: 60, waitS: 0 });
  expect(await faultFrom(unplaced.resolve())).toMatchObject({ code: 'region_missing', setting: 'AWS_REGION' });
  opened.push(emulated, unkeyed, unplaced);
});

test('a FIFO queue is read, but not sent to', async () => {
  queue = await createTestQueue({ FifoQueue: 'true' }, `${queue.name}.fifo`);
  const source = connect();
  expect(await source.resolve()).toEqual({ queueUrl: queue.url });
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
  const noHttp = await faultFrom(connect({ endpoint: `http://127.0.0.1:${port}` }).resolve());
  expect(noHttp).toMatchObject({ code: 'sqs_protocol', heals: false });
  const noTls = await faultFrom(connect({ endpoint: `https://127.0.0.1:${port}` }).resolve());
  expect(noTls).toMatchObject({ code: 'sqs_untrusted', heals: false, setting: 'AWS_ENDPOINT_URL_SQS' });
  await new Promise((resolve) => silent.close(resolve));
  const refused = await faultFrom(connect({ endpoint: `http://127.0.0.1:${port}` }).resolve());
  expect(refused).toMatchObject({ code: 'sqs_unreachable', heals: true, setting: 'AWS_ENDPOINT_URL_SQS' });
  expect(refused.message).toBe(`SQS cannot be reached at 127.0.0.1:${port} (ECONNREFUSED)`);
  const unknown = await faultFrom(connect({ endpoint: 'http://sqs.invalid:4566' }).resolve());
  expect(unknown).toMatchObject({ code: 'sqs_unreachable', heals: true });
  expect(unknown.message).toContain('sqs.invalid:4566');
});

test('looking for the queue can be called off, and is begun anew', async () => {
  const source = connect({ queueName: queue.name });
  proxy.rule(() => ({ kind: 'hold', until: new Promise(() => {}) }));
  const call = new AbortController();
  const resolving = faultFrom(source.resolve(call.signal));
  await expect.poll(() => proxy.seen.get('GetQueueUrl')).toBe(1);
  call.abort();
  expect(await resolving).toMatchObject({ code: 'sqs_call_aborted' });
  proxy.rule();
  expect(await source.resolve()).toEqual({ queueUrl: queue.url });
});

test('a closed source has left no connection, and may be closed again', async () => {
  const source = connect();
  await source.resolve();
  await source.receive();
  await expect.poll(() => proxy.connections()).toBeGreaterThan(0);
  source.close();
  source.close();
  await expect.poll(() => proxy.connections()).toBe(0);
});

test('closing ends what is under way, and nothing is tried again', async () => {
  const source = connect();
  const poll = faultFrom(source.receive({ waitS: 20 }));
  await expect.poll(() => proxy.seen.get('ReceiveMessage')).toBe(1);
  source.close();
  expect(await poll).toMatchObject({ code: 'sqs_call_aborted' });
  expect(await source.delete(['r'])).toMatchObject([{ receipt: 'r', code: 'sqs_call_aborted', final: false }]);
  await expect.poll(() => proxy.connections()).toBe(0);
  expect(proxy.seen.get('ReceiveMessage')).toBe(1);
});

interface Entry {
  readonly Id: string;
}

/** Moves entries of a real answer from Successful to Failed: SQS has them all the same, as after a lost acknowledgement. */
function failEntries(chosen: (id: string) => boolean, code: string, senderFault: boolean) {
  return (answer: Record<string, unknown>) => {
    const entries = answer['Successful'] as Entry[];
    const failed = entries.filter(({ Id }) => chosen(Id));
    return {
      Successful: entries.filter(({ Id }) => !chosen(Id)),
      Failed: failed.map(({ Id }) => ({ Id, Code: code, SenderFault: senderFault, Message: 'withheld by the test' })),
    };
  };
}
