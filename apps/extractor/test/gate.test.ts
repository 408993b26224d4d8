import { setImmediate as immediate } from 'node:timers/promises';
import { Fault } from '@masque/fault';
import { expect, onTestFinished, test } from 'vitest';
import { createGate, type GateState } from '../src/gate.ts';

const away = new Fault('redis_unreachable', 'Redis is away', { heals: true });

/** A gate that looks at the backlog when the test lets it; between two looks nothing happens. */
function setup() {
  const changes: GateState[] = [];
  const faults: string[] = [];
  const world = { unsent: 0, works: true };
  let reading = Promise.withResolvers<number>();
  let asked = Promise.withResolvers<void>();
  const gate = createGate({
    readBacklog: () => {
      asked.resolve();
      return reading.promise;
    },
    unsent: () => world.unsent,
    downstreamWorks: () => world.works,
    backlogMax: 10,
    unsentMax: 4,
    everyMs: 0,
    onFault: ({ code }) => faults.push(code),
    onChange: (state) => changes.push(state),
  });
  onTestFinished(() => gate.stop());

  /** One look, judged by the time this resolves: the gate has asked for the next. */
  async function look(answer: number | Fault, changed: Partial<typeof world> = {}): Promise<GateState> {
    Object.assign(world, changed);
    await asked.promise;
    const now = reading;
    asked = Promise.withResolvers();
    reading = Promise.withResolvers();
    if (typeof answer === 'number') now.resolve(answer);
    else now.reject(answer);
    await asked.promise;
    return gate.state;
  }
  return { gate, look, changes, faults };
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = {};
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending;
}

test('closed until Redis has told the backlog', async () => {
  const { gate, look } = setup();
  const waiting = gate.whenOpen();
  expect(gate.state).toBe('redis');
  expect(await isPending(waiting)).toBe(true);
  gate.start();
  expect(await look(0)).toBe('open');
  await waiting;
  await gate.whenOpen();
});

test('full at the limit, and open again at half of it, not before', async () => {
  const { gate, look, changes } = setup();
  gate.start();
  const states: GateState[] = [];
  for (const backlog of [9, 10, 9, 6, 5, 9, 25, 0]) states.push(await look(backlog));
  expect(states).toEqual(['open', 'backlog', 'backlog', 'backlog', 'open', 'open', 'backlog', 'open']);
  expect(changes).toEqual(['open', 'backlog', 'open', 'backlog', 'open']);
  expect(gate.backlog).toBe(0);
});

test('a full backlog is remembered while something else keeps the gate closed', async () => {
  const { gate, look, faults } = setup();
  gate.start();
  expect(await look(10)).toBe('backlog');
  expect(await look(away)).toBe('redis');
  expect(await look(7)).toBe('backlog');
  expect(await look(7, { unsent: 4 })).toBe('unsent');
  expect(await look(6, { unsent: 0 })).toBe('backlog');
  expect(await look(5)).toBe('open');
  expect(faults).toEqual(['redis_unreachable']);
});

test('a Redis that is away closes it, and every fault is told', async () => {
  const { gate, look, changes, faults } = setup();
  gate.start();
  await look(0);
  expect(await look(away)).toBe('redis');
  expect(await look(away)).toBe('redis');
  expect(await look(1)).toBe('open');
  expect(faults).toEqual(['redis_unreachable', 'redis_unreachable']);
  expect(changes).toEqual(['open', 'redis', 'open']);
});

test('batches that do not get into Redis close it', async () => {
  const { gate, look } = setup();
  gate.start();
  expect(await look(0, { unsent: 3 })).toBe('open');
  expect(await look(0, { unsent: 4 })).toBe('unsent');
  expect(await look(0, { unsent: 3 })).toBe('open');
});

test('while nobody works behind it, one batch goes through and no more', async () => {
  const { gate, look } = setup();
  gate.start();
  expect(await look(0, { works: false })).toBe('open');
  expect(await look(0, { unsent: 1 })).toBe('downstream');
  expect(await look(1, { unsent: 0 })).toBe('downstream');
  expect(await look(1, { works: true })).toBe('open');
});

test('whoever waits is let in when it opens, and held when it closes first', async () => {
  const { gate, look } = setup();
  gate.start();
  await look(10);
  const waiting = [gate.whenOpen(), gate.whenOpen()];
  await look(8);
  expect(await isPending(Promise.race(waiting))).toBe(true);
  await look(0);
  await Promise.all(waiting);
  await look(10);
  const last = gate.whenOpen();
  // A wait that spun would let no timer fire, and this line never end.
  await immediate();
  expect(await isPending(last)).toBe(true);
});

test('stopped, it holds nobody and asks no more', async () => {
  const { gate, look } = setup();
  gate.start();
  await look(10);
  const waiting = gate.whenOpen();
  gate.stop();
  await waiting;
  await gate.whenOpen();
  expect(gate.state).toBe('backlog');
});

test('what is received while nobody behind works shuts it before its next look, and nothing else does', async () => {
  const { gate, look, changes } = setup();
  gate.start();
  await look(0);
  gate.received();
  expect(gate.state).toBe('open');
  await look(0, { works: false });
  expect(gate.state).toBe('open');
  gate.received();
  expect(gate.state).toBe('downstream');
  expect(await isPending(gate.whenOpen())).toBe(true);
  await look(1);
  expect(gate.state).toBe('downstream');
  await look(1, { works: true });
  expect(changes).toEqual(['open', 'downstream', 'open']);
});
