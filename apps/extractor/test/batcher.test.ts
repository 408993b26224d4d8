import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type BatchLimits, createBatcher, type OpenBatch } from '../src/batcher.ts';
import { aMessage, someMessages } from './message.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setup(limits: Partial<BatchLimits> = {}) {
  const closed: OpenBatch[] = [];
  const batcher = createBatcher({ maxMessages: 3, maxBytes: 1_000, lingerMs: 25, ...limits }, (batch) =>
    closed.push(batch),
  );
  const sizes = (): number[] => closed.map(({ messages }) => messages.length);
  return { batcher, closed, sizes };
}

test('a batch that is full by count is closed at once, and what is left begins the next', () => {
  const { batcher, closed, sizes } = setup();
  batcher.add(someMessages(7), 100);
  expect(sizes()).toEqual([3, 3]);
  batcher.add(someMessages(2, 7), 200);
  expect(sizes()).toEqual([3, 3, 3]);
  expect(closed.map(({ receivedAt }) => receivedAt)).toEqual([100, 100, 100]);
});

test('a batch is closed before a body that would exceed the bytes, and at the byte that fills it', () => {
  const { batcher, sizes } = setup({ maxBytes: 10, maxMessages: 99 });
  batcher.add([...someMessages(1, 0, 6), ...someMessages(1, 1, 5)], 0);
  expect(sizes()).toEqual([1]);
  batcher.add(someMessages(1, 2, 5), 0);
  expect(sizes()).toEqual([1, 2]);
});

test('a body over the limit goes alone', () => {
  const { batcher, sizes } = setup({ maxBytes: 10 });
  batcher.add([...someMessages(1), ...someMessages(1, 1, 50), ...someMessages(1, 2)], 0);
  expect(sizes()).toEqual([1, 1]);
});

test('bytes are those of UTF-8', () => {
  const { batcher, closed } = setup();
  batcher.add([aMessage({ body: 'é😀\ud800' })], 0);
  batcher.flush();
  expect(closed[0]?.bytes).toBe(2 + 4 + 3);
});

test('a batch lingers from its first message, not from its last', () => {
  const { batcher, sizes } = setup();
  batcher.add(someMessages(1), 0);
  vi.advanceTimersByTime(20);
  batcher.add(someMessages(1, 1), 20);
  vi.advanceTimersByTime(4);
  expect(sizes()).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(sizes()).toEqual([2]);
});

test.each([
  { came: 24, closedAt: 25 },
  { came: 25, closedAt: 100 },
  { came: 99, closedAt: 100 },
])('$came of 100 messages in the first 25 ms are closed after $closedAt', ({ came, closedAt }) => {
  const { batcher, sizes } = setup({ maxMessages: 100, busyLingerMs: 100 });
  batcher.add(someMessages(came), 0);
  vi.advanceTimersByTime(closedAt - 1);
  expect(sizes()).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(sizes()).toEqual([came]);
});

test('a busy batch that is full does not wait', () => {
  const { batcher, sizes } = setup({ maxMessages: 100, busyLingerMs: 100 });
  batcher.add(someMessages(50), 0);
  vi.advanceTimersByTime(30);
  batcher.add(someMessages(50, 50), 30);
  expect(sizes()).toEqual([100]);
  batcher.add(someMessages(1, 100), 30);
  vi.advanceTimersByTime(25);
  expect(sizes()).toEqual([100, 1]);
});

test('the time of a batch that was full ends with it', () => {
  const { batcher, sizes } = setup();
  batcher.add(someMessages(3), 0);
  vi.advanceTimersByTime(20);
  batcher.add(someMessages(1, 3), 20);
  vi.advanceTimersByTime(24);
  expect(sizes()).toEqual([3]);
  vi.advanceTimersByTime(1);
  expect(sizes()).toEqual([3, 1]);
});

test('a flush closes what is open, closes nothing when nothing is, and leaves no timer', () => {
  const { batcher, sizes } = setup();
  batcher.flush();
  batcher.add(someMessages(1), 0);
  batcher.flush();
  batcher.flush();
  expect(sizes()).toEqual([1]);
  expect(vi.getTimerCount()).toBe(0);
});

test('whatever comes when, every message is in exactly one batch, in order and in time', () => {
  const step = fc.oneof(
    fc.record({ bodies: fc.array(fc.nat(60), { maxLength: 12 }) }),
    fc.record({ waitMs: fc.nat(40) }),
    fc.constant({ flush: true }),
  );
  const limits = fc.record({
    maxMessages: fc.integer({ min: 1, max: 6 }),
    maxBytes: fc.integer({ min: 1, max: 120 }),
    lingerMs: fc.nat(30),
  });
  fc.assert(
    fc.property(limits, fc.array(step, { maxLength: 20 }), (limit, steps) => {
      const { batcher, closed } = setup(limit);
      const lateness: number[] = [];
      const seen = (): number => closed.reduce((sum, { messages }) => sum + messages.length, 0);
      let count = 0;
      for (const each of steps) {
        if ('bodies' in each) {
          const messages = each.bodies.flatMap((bytes, at) => someMessages(1, count + at, bytes));
          count += messages.length;
          batcher.add(messages, Date.now());
        } else if ('flush' in each) batcher.flush();
        else vi.advanceTimersByTime(each.waitMs);
        for (const batch of closed.slice(lateness.length)) lateness.push(Date.now() - batch.receivedAt);
        expect(batcher.open?.messages.length ?? 0).toBe(count - seen());
        expect(count - seen()).toBeLessThan(limit.maxMessages);
      }
      vi.advanceTimersByTime(limit.lingerMs);
      expect(closed.flatMap(({ messages }) => messages.map(({ sentAt }) => sentAt))).toEqual([...Array(count).keys()]);
      for (const { messages, bytes } of closed) {
        expect(messages.length).toBeGreaterThan(0);
        expect(messages.length).toBeLessThanOrEqual(limit.maxMessages);
        expect(bytes).toBe(messages.reduce((sum, { body }) => sum + body.length, 0));
        expect(bytes <= limit.maxBytes || messages.length === 1).toBe(true);
      }
      expect(vi.getTimerCount()).toBe(0);
    }),
    { numRuns: 300 },
  );
});
