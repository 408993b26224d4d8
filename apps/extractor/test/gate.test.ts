import { setImmediate as immediate } from 'node:timers/promises';
import { Fault } from '@masque/fault';
import { expect, onTestFinished, test } from 'vitest';
import type { Load } from '../src/backlog.ts';
import { createGate, type GateState } from '../src/gate.ts';

const away = new Fault('redis_unreachable', 'Redis is away', { heals: true });

/** A gate that looks at the backlog when the test lets it; between two looks nothing happens. */
function setup() {
  const changes: GateState[] = [];
  const faults: string[] = [];
  const world = { unsent: 0, works: true, inHand: 0 };
  let reading = Promise.withResolvers<Load>();
  let asked = Promise.withResolvers<void>();
  const gate = createGate({
    readBacklog: () => {
      asked.resolve();
      return reading.promise;
    },
    unsent: () => world.unsent,
    inHand: () => ofBatches(world.unsent + world.inHand),
    downstreamWorks: () => world.works,
    max: { batches: 10, bytes: 10_000 },
    unsentMax: 4,
    everyMs: 0,
    onFault: ({ code }) => faults.push(code),
    onChange: (state) => changes.push(state),
  });
  onTestFinished(() => gate.stop());

  /** One look, judged by the time this resolves: the gate has asked for the next. */
  async function look(answer: number | Load | Fault, changed: Partial<typeof world> = {}): Promise<GateState> {
    Object.assign(world, changed);
    await asked.promise;
    const now = reading;
    asked = Promise.withResolvers();
    reading = Promise.withResolvers();
    if (answer instanceof Fault) now.reject(answer);
    else now.resolve(typeof answer === 'number' ? ofBatches(answer) : answer);
    await asked.promise;
    return gate.state;
  }

  /** So many more in hand. */
  function receive(batches: number): GateState {
    world.inHand += batches;
    gate.received();
    return gate.state;
  }

  /** One of those in hand is in Redis. */
  function send(): void {
    world.inHand -= 1;
    gate.left(ofBatches(1));
  }
  return { gate, look, receive, send, changes, faults };
}

/** Too small for their bytes to matter. */
function ofBatches(batches: number): Load {
  return { batches, bytes: batches };
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
  expect(gate.backlog).toEqual({ batches: 0, bytes: 0 });
});

test('full by bytes as by number', async () => {
  const { gate, look } = setup();
  gate.start();
  const states: GateState[] = [];
  for (const bytes of [9_999, 10_000, 5_001, 5_000]) states.push(await look({ batches: 1, bytes }));
  expect(states).toEqual(['open', 'backlog', 'backlog', 'open']);
});

test('what comes between two looks shuts it as soon as it may be full, and the next look opens it if it is not', async () => {
  const { gate, look, receive, changes } = setup();
  gate.start();
  await look(4);
  expect(receive(5)).toBe('open');
  expect(receive(1)).toBe('backlog');
  expect(await isPending(gate.whenOpen())).toBe(true);
  // It was not full: four had been loaded by then, and half is not asked for.
  expect(await look(0)).toBe('open');
  expect(changes).toEqual(['open', 'backlog', 'open']);
});

test('what got into Redis counts until a look that was asked for later is answered', async () => {
  const { gate, look, receive, send } = setup();
  gate.start();
  await look(0);
  receive(6);
  // The next look has been asked for already: it may have been answered before these, or after.
  for (let sent = 0; sent < 6; sent += 1) send();
  expect(gate.backlog.batches).toBe(6);
  await look(0);
  expect(gate.backlog.batches).toBe(6);
  await look(away);
  await look(0);
  expect(gate.backlog.batches).toBe(0);
});

test('a look that fails forgets nothing', async () => {
  const { gate, look, receive, send } = setup();
  gate.start();
  await look(3);
  receive(1);
  send();
  expect(await look(away)).toBe('redis');
  expect(await look(away)).toBe('redis');
  expect(gate.backlog.batches).toBe(4);
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
  const { gate, look, receive, changes } = setup();
  gate.start();
  await look(0);
  expect(receive(1)).toBe('open');
  await look(0, { works: false, inHand: 0 });
  expect(gate.state).toBe('open');
  expect(receive(1)).toBe('downstream');
  expect(await isPending(gate.whenOpen())).toBe(true);
  await look(1);
  expect(gate.state).toBe('downstream');
  await look(1, { works: true });
  expect(changes).toEqual(['open', 'downstream', 'open']);
});
