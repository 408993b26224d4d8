import { Fault } from '@masque/fault';
import type { SourceMessage } from '@masque/sqs-source';
import { expect, test } from 'vitest';
import { createPoller } from '../src/poller.ts';
import { someMessages } from './message.ts';

const throttled = new Fault('sqs_throttled', 'SQS throttles', { heals: true });

/** A poller whose long polls the test answers one by one. */
function setup({ isOpen = true } = {}) {
  const received: string[][] = [];
  const faults: string[] = [];
  const weighed: number[] = [];
  const polls: { readonly at: number; readonly answer: (given: SourceMessage[] | Error) => void }[] = [];
  const waiters: (() => void)[] = [];
  const gate = Promise.withResolvers<void>();
  if (isOpen) gate.resolve();
  const poller = createPoller({
    source: {
      receive: (...options) => {
        expect(options).toEqual([{ max: 7 }]);
        const { promise, resolve, reject } = Promise.withResolvers<SourceMessage[]>();
        polls.push({
          at: performance.now(),
          answer: (given) => (given instanceof Error ? reject(given) : resolve(given)),
        });
        for (const wake of waiters.splice(0)) wake();
        return promise;
      },
    },
    gate: { whenOpen: () => gate.promise },
    portion: { next: () => 7, received: (bodies) => weighed.push(bodies.length) },
    onMessages: (messages) => received.push(messages.map(({ id }) => id)),
    onFault: ({ code }) => faults.push(code),
  });
  /** The poll of that number, as soon as it has begun. */
  async function poll(number: number): Promise<(typeof polls)[number]> {
    for (;;) {
      const found = polls[number];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => waiters.push(resolve));
    }
  }
  return { poller, poll, polls, received, faults, weighed, open: gate.resolve };
}

test('it polls, hands on, and polls again; an empty answer is handed to nobody', async () => {
  const { poller, poll, polls, received, weighed } = setup();
  const running = poller.run();
  (await poll(0)).answer(someMessages(2));
  (await poll(1)).answer([]);
  (await poll(2)).answer(someMessages(1, 2));
  await poll(3);
  expect(received).toEqual([['m-0', 'm-1'], ['m-2']]);
  expect(weighed).toEqual([2, 0, 1]);
  poller.stop();
  polls[3]?.answer([]);
  await running;
});

test('a stop lets the poll end and hands on what it brings', async () => {
  const { poller, poll, polls, received } = setup();
  const running = poller.run();
  const last = await poll(0);
  poller.stop();
  expect(received).toEqual([]);
  last.answer(someMessages(3));
  await running;
  expect(received).toEqual([['m-0', 'm-1', 'm-2']]);
  expect(polls).toHaveLength(1);
});

test('it does not poll while the gate is closed, nor after a stop that opens it', async () => {
  const { poller, polls, open } = setup({ isOpen: false });
  const running = poller.run();
  poller.stop();
  open();
  await running;
  expect(polls).toHaveLength(0);
});

test('it polls as soon as the gate opens', async () => {
  const { poller, poll, polls, open } = setup({ isOpen: false });
  const running = poller.run();
  expect(polls).toHaveLength(0);
  open();
  const first = await poll(0);
  poller.stop();
  first.answer([]);
  await running;
});

test('after a fault it pauses, longer after another, and goes on', async () => {
  const { poller, poll, received, faults } = setup();
  const running = poller.run();
  const began: number[] = [];
  const answers = [throttled, throttled, throttled, someMessages(1)];
  for (const [number, answer] of answers.entries()) {
    const { at, answer: give } = await poll(number);
    began.push(at);
    give(answer);
  }
  const pauses = began.slice(1).map((at, index) => at - (began[index] ?? 0));
  // A tenth of 100, 200 and 400 ms at least; a timer may fire a millisecond early.
  expect(pauses.map((pause, index) => pause >= 9 * 2 ** index)).toEqual([true, true, true]);
  expect(faults).toEqual(['sqs_throttled', 'sqs_throttled', 'sqs_throttled']);
  const last = await poll(4);
  poller.stop();
  last.answer([]);
  await running;
  expect(received).toEqual([['m-0']]);
});

test('what is no fault of ours is told without its words', async () => {
  const { poller, poll, faults } = setup();
  const running = poller.run();
  (await poll(0)).answer(new TypeError('planted'));
  poller.stop();
  await running;
  expect(faults).toEqual(['internal']);
});

test('a stop ends a pause', async () => {
  const { poller, poll, polls } = setup();
  const running = poller.run();
  for (let number = 0; number < 3; number += 1) (await poll(number)).answer(throttled);
  poller.stop();
  await running;
  expect(polls).toHaveLength(3);
});
