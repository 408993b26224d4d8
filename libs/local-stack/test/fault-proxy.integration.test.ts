import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createFaultProxy, type FaultProxy } from '../src/fault-proxy.ts';
import { createQueues } from '../src/queues.ts';
import { uniqueName } from '../src/testing.ts';

type Json = Record<string, unknown>;

let proxy: FaultProxy;
beforeAll(async () => {
  proxy = await createFaultProxy(inject('stack').sqsEndpoint);
});
afterAll(() => proxy.close());

async function call(action: string, input: object): Promise<Json> {
  const response = await fetch(proxy.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
    body: JSON.stringify(input),
    signal: AbortSignal.timeout(2_000),
  });
  return (await response.json()) as Json;
}

async function queueOf(bodies: readonly string[]): Promise<{ QueueUrl: string; ids: string[]; name: string }> {
  const queues = createQueues(() => inject('stack').sqsEndpoint);
  const name = uniqueName();
  const QueueUrl = await queues.createQueue(name);
  proxy.rule();
  return { QueueUrl, name, ids: await queues.send(QueueUrl, bodies) };
}

async function receive(QueueUrl: string): Promise<{ MessageId: string; ReceiptHandle: string }[]> {
  const { Messages = [] } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
  return Messages as { MessageId: string; ReceiptHandle: string }[];
}

function arn(name: string): string {
  return `arn:aws:sqs:us-east-1:000000000000:${name}`;
}

async function inFlight(QueueUrl: string): Promise<number> {
  return (await createQueues(() => inject('stack').sqsEndpoint).counts(QueueUrl)).inFlight;
}

test.each(['Failed', 'Successful'] as const)('an entry withheld from a delete is answered as %s', async (answer) => {
  const { QueueUrl } = await queueOf(['a', 'b', 'c']);
  const messages = await receive(QueueUrl);
  proxy.rule(() => ({ kind: 'withhold', entry: (at) => at === 1, answer }));
  const Entries = messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }));
  const output = await call('DeleteMessageBatch', { QueueUrl, Entries });
  expect(output[answer]).toContainEqual(expect.objectContaining({ Id: '1' }));
  expect(await inFlight(QueueUrl)).toBe(1);
});

test('a repeated message has a receipt of its own, with which it can be deleted', async () => {
  const { QueueUrl, ids } = await queueOf(['a']);
  const [first] = await receive(QueueUrl);
  proxy.rule(() => ({ kind: 'repeat', most: 1 }));
  const [again] = await receive(QueueUrl);
  expect([first?.MessageId, again?.MessageId]).toEqual([ids[0], ids[0]]);
  expect(again?.ReceiptHandle).not.toBe(first?.ReceiptHandle);
  await call('DeleteMessage', { QueueUrl, ReceiptHandle: again?.ReceiptHandle });
  expect(await inFlight(QueueUrl)).toBe(0);
  expect(await receive(QueueUrl)).toMatchObject([{ MessageId: ids[0] }]);
});

test('counts receives as SQS does, also those whose answer is lost', async () => {
  const { QueueUrl, ids } = await queueOf(['a']);
  const [id = ''] = ids;
  const again = { QueueUrl, VisibilityTimeout: 0, MessageSystemAttributeNames: ['ApproximateReceiveCount'] };
  await call('ReceiveMessage', again);
  expect(proxy.receives.get(id)).toBe(1);
  proxy.rule(() => ({ kind: 'cut', when: 'after' }));
  await expect(call('ReceiveMessage', again)).rejects.toThrow('fetch failed');
  expect(proxy.receives.get(id)).toBe(2);
});

test('a request that hangs is never answered and never passed on', async () => {
  const { QueueUrl } = await queueOf(['a']);
  proxy.rule(() => ({ kind: 'hang' }));
  await expect(receive(QueueUrl)).rejects.toThrow(/timeout/);
  expect(await inFlight(QueueUrl)).toBe(0);
});

test('a moved message has a new id', async () => {
  const dead = await queueOf(['a', 'b']);
  const alive = await queueOf([]);
  await call('StartMessageMoveTask', { SourceArn: arn(dead.name), DestinationArn: arn(alive.name) });
  const arrived = (await receive(alive.QueueUrl)).map(({ MessageId }) => MessageId);
  expect(new Set(arrived)).toEqual(new Set(dead.ids.map((id) => proxy.moved.get(id))));
  expect(arrived).not.toEqual(expect.arrayContaining(dead.ids));
  expect(await receive(dead.QueueUrl)).toEqual([]);
});
