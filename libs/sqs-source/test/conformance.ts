import { randomUUID } from 'node:crypto';
import { Fault } from '@masque/fault';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createSqsSource, type SourceMessage, type SqsSource, type SqsSourceOptions } from '../src/index.ts';
import { createTestQueue, forgetAwsVariables, sendWith, sqsRegion, type TestQueue } from './test-queue.ts';

/** What differs between ways to a queue: where to connect, and the options that choose the way. */
export interface Way {
  readonly endpoint: string;
  readonly options?: Partial<SqsSourceOptions>;
  close?(): Promise<void>;
}

const hardBodies = {
  json: '{"user_id":"424cdd21","ip":"199.172.111.135","locale":null}',
  spaces: '  leading, trailing and\ttabs\n and lines \r\n ',
  markup: `<a href="x">&amp; ]]> ' \\" \\u0000 %41+%2B</a>`,
  // Nothing beyond U+FFFF: fauxqs refuses the surrogate pairs that SQS takes.
  unicode: 'Zürich – 東京 – e\u0301 vs é – \uFFFD\u2028\u0085\u200D\uFEFF',
  oneSpace: ' ',
  largest: 'é'.repeat(524_288),
};

/** What every way of reading a queue has to do; run by each of them against a real server. */
export function conformance(name: string, open: () => Promise<Way>): void {
  describe(`a source over ${name}`, () => {
    let way: Way;
    let queue: TestQueue;
    const opened: SqsSource[] = [];

    beforeAll(async () => {
      way = await open();
    });
    afterAll(async () => way.close?.());
    beforeEach(forgetAwsVariables);
    afterEach(() => {
      vi.unstubAllEnvs();
      opened.splice(0).forEach((source) => source.close());
    });

    function connect(options: Partial<SqsSourceOptions> = {}): SqsSource {
      const named = 'queueName' in options || 'queueUrl' in options ? {} : { queueUrl: queue.url };
      const source = createSqsSource({
        endpoint: way.endpoint,
        region: sqsRegion(),
        visibilityTimeoutS: 60,
        waitS: 0,
        ...way.options,
        ...named,
        ...options,
      });
      opened.push(source);
      return source;
    }

    async function setup(attributes: Record<string, string> = {}): Promise<SqsSource> {
      queue = await createTestQueue(attributes);
      return connect();
    }

    test.each(Object.entries(hardBodies))('a body comes back as it was sent: %s', async (_, body) => {
      const source = await setup();
      const before = Date.now();
      const [id] = await source.send([body]);
      const [message, ...others] = await source.receive();
      expect(others).toEqual([]);
      // Compared apart from `toEqual`, whose report would print a megabyte.
      expect(message?.body === body).toBe(true);
      expect(message?.id).toBe(id);
      expect(message?.receives).toBe(1);
      expect(message?.sentAt).toBeGreaterThanOrEqual(before - 1_000);
      expect(message?.sentAt).toBeLessThanOrEqual(Date.now() + 1_000);
    });

    test('bodies are sent once each, their ids in their order, with progress', async () => {
      const source = await setup();
      const bodies = Array.from({ length: 123 }, (_, index) => `body ${index}`);
      const progress: number[] = [];
      const ids = await source.send(bodies, (count) => progress.push(count));
      expect(progress.at(-1)).toBe(123);
      expect(progress).toEqual(progress.toSorted((a, b) => a - b));
      const received = new Map((await drain(source)).map(({ id, body }) => [id, body]));
      expect(ids.map((id) => received.get(id))).toEqual(bodies);
    });

    test('bodies that fill more than a megabyte go in several requests', async () => {
      const source = await setup();
      const bodies = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(400_000));
      const ids = await source.send(bodies);
      const received = new Map((await drain(source)).map(({ id, body }) => [id, body[0]]));
      expect(ids.map((id) => received.get(id))).toEqual(['a', 'b', 'c', 'd']);
    });

    test.each([
      ['empty', ''],
      ['character_not_allowed', 'secret\u0000'],
      ['character_not_allowed', 'secret\uD800'],
      ['too_large', 'é'.repeat(524_289)],
    ])('a body that SQS refuses is named by its index, and nothing is sent: %s', async (reason, body) => {
      const source = await setup();
      const fault = await faultFrom(source.send(['fine', 'fine', body]));
      expect(fault).toMatchObject({ code: 'sqs_body_refused', heals: false, details: { index: 2, reason, sent: 0 } });
      expect(fault.message).not.toContain('secret');
      expect(await source.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    });

    test('counts tell waiting, received and delayed apart', async () => {
      const source = await setup();
      await source.send(['1', '2', '3', '4', '5']);
      await source.receive({ max: 2 });
      expect(await source.counts()).toEqual({ visible: 3, inFlight: 2, delayed: 0 });
    });

    test('what was deleted is gone, in as many requests as it takes', async () => {
      const source = await setup();
      await source.send(Array.from({ length: 45 }, (_, index) => String(index)));
      const messages = await drain(source);
      expect(messages).toHaveLength(45);
      expect(await source.delete(messages.slice(0, 42).map(({ receipt }) => receipt))).toEqual([]);
      expect(await source.counts()).toEqual({ visible: 0, inFlight: 3, delayed: 0 });
      expect(await source.delete([])).toEqual([]);
    });

    test('what was released is received again at once, and counted', async () => {
      const source = await setup();
      const sent = await source.send(Array.from({ length: 12 }, (_, index) => String(index)));
      const messages = await drain(source);
      expect(await source.receive()).toEqual([]);
      expect(await source.release(messages.map(({ receipt }) => receipt))).toBe(12);
      const again = await drain(source);
      expect(again.map(({ id }) => id).toSorted()).toEqual(sent.toSorted());
      expect(again.every(({ receives }) => receives === 2)).toBe(true);
    });

    test('a void receipt is not handed back, and the others are', async () => {
      const source = await setup();
      await source.send(['1']);
      const [message] = await source.receive();
      expect(await source.release([randomUUID(), message?.receipt ?? ''])).toBe(1);
    });

    test('extending moves the time, and a void receipt fails for good', async () => {
      const source = await setup();
      await source.send(['1']);
      const [message] = await source.receive();
      const receipt = message?.receipt ?? '';
      const bad = randomUUID();
      expect(await source.extend([bad, receipt], 3_600)).toEqual([
        { receipt: bad, code: 'ReceiptHandleIsInvalid', final: true },
      ]);
      expect(await source.extend([receipt], 0)).toEqual([]);
      expect(await source.receive()).toHaveLength(1);
    });

    test('a long poll ends when a message comes', async () => {
      const source = await setup();
      const poll = source.receive({ waitS: 20 });
      const [id] = await source.send(['late']);
      expect((await poll).map((message) => message.id)).toEqual([id]);
    });

    test('an empty queue gives an empty list', async () => {
      const source = await setup();
      expect(await source.receive()).toEqual([]);
    });

    test('the queue is found by its name, at once or with the first call', async () => {
      await setup();
      const named = connect({ queueName: queue.name });
      expect(await named.resolve()).toEqual({ queueUrl: queue.url });
      expect(await connect().resolve()).toEqual({ queueUrl: queue.url });
      const lazy = connect({ queueName: queue.name });
      await lazy.send(['1']);
      expect(await lazy.receive()).toHaveLength(1);
    });

    test('a message sent again says who it was first', async () => {
      const source = await setup();
      const origin = `${Date.now()} ${randomUUID()} c2lnbmF0dXJl`;
      await source.sendAgain([{ body: 'again', origin }]);
      await source.send(['first']);
      const received = await drain(source);
      const again = received.find(({ body }) => body === 'again');
      expect(again).toMatchObject({ origin });
      expect(origin).not.toContain(again?.id);
      expect(received.find(({ body }) => body === 'first')).not.toHaveProperty('origin');
    });

    test('a producer’s trace context comes along, and nothing that only stands in its place', async () => {
      const source = await setup();
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      await sendWith(queue, 'traced', { traceparent });
      await sendWith(queue, 'not traced', { traceparent: 'planted' });
      const received = await drain(source);
      expect(received.find(({ body }) => body === 'traced')).toMatchObject({ traceparent });
      expect(received.find(({ body }) => body === 'not traced')).not.toHaveProperty('traceparent');
    });

    test('its attributes can be read', async () => {
      await setup();
      const dead = queue;
      const redrive = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: '10' });
      const source = await setup({ VisibilityTimeout: '120', RedrivePolicy: redrive });
      const expected = { visibilityTimeoutS: 120, retentionS: 345_600, maxReceiveCount: 10, deadLetterArn: dead.arn };
      expect(await source.attributes()).toEqual({ ...expected, fifo: false });
    });

    test.each(['queueName', 'queueUrl'])(
      'a queue that does not exist is a fault of the setting: %s',
      async (option) => {
        await setup();
        const value = option === 'queueName' ? 'nowhere' : queue.url.replace(queue.name, 'nowhere');
        const source = connect({ [option]: value });
        const setting = option === 'queueName' ? 'SQS_QUEUE_NAME' : 'SQS_QUEUE_URL';
        const expected = { code: 'queue_missing', heals: false, setting };
        expect(await faultFrom(source.resolve())).toMatchObject(expected);
        expect(await faultFrom(source.receive())).toMatchObject(expected);
        expect(await source.delete(['a', 'b'])).toMatchObject([
          { receipt: 'a', code: 'queue_missing', final: false, fault: expected },
          { receipt: 'b', code: 'queue_missing', final: false },
        ]);
        expect(await source.release(['a'])).toBe(0);
      },
    );

    test('a name that was not found is looked for again', async () => {
      const name = `later-${randomUUID()}`;
      const source = connect({ queueName: name });
      expect(await faultFrom(source.receive())).toMatchObject({ code: 'queue_missing' });
      await createTestQueue({}, name);
      expect(await source.receive()).toEqual([]);
    });
  });
}

export async function faultFrom(promise: Promise<unknown>): Promise<Fault> {
  const thrown: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  );
  if (thrown instanceof Fault) return thrown;
  throw thrown;
}

/** Polls until the queue has nothing visible. */
async function drain(source: SqsSource): Promise<SourceMessage[]> {
  const all: SourceMessage[] = [];
  for (;;) {
    const some = await source.receive();
    if (some.length === 0) return all;
    all.push(...some);
  }
}
