import { Fault } from '@masque/fault';
import { overTheWire } from '@masque/handoff/testing';
import { settled, type SettledBatch } from '@masque/handoff-settled';
import { noTracing } from '@masque/observability';
import { expect, test } from 'vitest';
import { createHandler } from '../src/handle.ts';
import { aBatch, delivered, receivedAt } from './a-batch.ts';

const away = new Fault('postgres_unreachable', 'away', { heals: true });
const wrong = new Fault('key_differs', 'wrong', { heals: false });
const report = { rows: 2, rejects: { not_json: 1 }, refused: {}, duplicates: 0 };

type Step = 'registerKeys' | 'load' | 'publish';

/** A handler whose steps fail with the faults planned for them, one a try, and then succeed. */
/** @param inUse fingerprints of the keys that maskers at work have */
function setup(plan: Partial<Record<Step, Fault[]>> = {}, inUse: readonly string[] = []) {
  const log: string[] = [];
  const published: SettledBatch[] = [];
  const clock = { now: receivedAt };
  const abort = new AbortController();
  const step = async (name: Step): Promise<void> => {
    log.push(name);
    const fault = plan[name]?.shift();
    if (fault !== undefined) throw fault;
  };
  const events = {
    onRetry(fault: Fault): void {
      log.push(`waits for ${fault.code}`);
    },
  };
  const handle = createHandler({
    tracing: noTracing,
    sink: {
      registerKeys: () => step('registerKeys'),
      load: () => step('load').then(() => report),
    },
    publisher: {
      async publish(value) {
        await step('publish');
        const read = overTheWire(settled, value);
        if (!read.ok) throw new Error(`the extractor would not read ${read.at}`);
        published.push(read.value);
      },
      close: async () => {},
    },
    isMaskedWith: async (fingerprints) => fingerprints.some((fingerprint) => inUse.includes(fingerprint)),
    onLoaded: (batch, loaded) => void log.push(`loaded ${batch.messageIds.length}: ${JSON.stringify(loaded)}`),
    onRetry: (fault) => events.onRetry(fault),
    now: () => clock.now,
  });
  return { handle, log, published, abort, events, clock };
}

const loaded = `loaded 3: ${JSON.stringify(report)}`;

test('keys, load, then receipts; and only then is it told', async () => {
  const { handle, log, published, abort } = setup();
  const batch = aBatch();
  expect(await handle(delivered(batch), abort.signal)).toBe('done');
  expect(log).toEqual(['registerKeys', 'load', 'publish', loaded]);
  const { batch: id, pipeline, deadline, receipts, receivedAt, trace } = batch;
  expect(published).toEqual([{ batch: id, pipeline, deadline, receipts, receivedAt, trace }]);
});

test.each<[Step, string[]]>([
  ['registerKeys', ['registerKeys', 'registerKeys', 'load', 'publish']],
  ['load', ['registerKeys', 'load', 'load', 'publish']],
  // What is committed is not loaded again for Redis’s sake.
  ['publish', ['registerKeys', 'load', 'publish', 'publish']],
])('an outage at %s is waited out, from there', async (at, steps) => {
  const { handle, log, abort } = setup({ [at]: [away] });
  expect(await handle(delivered(aBatch()), abort.signal)).toBe('done');
  expect(log.filter((line) => !line.startsWith('waits'))).toEqual([...steps, loaded]);
  expect(log).toContain('waits for postgres_unreachable');
});

test.each<[Step, string[]]>([
  ['registerKeys', ['registerKeys']],
  ['load', ['registerKeys', 'load']],
  ['publish', ['registerKeys', 'load', 'publish']],
])('what no waiting heals at %s is thrown at once, and nothing further is done', async (at, steps) => {
  const { handle, log, published, abort } = setup({ [at]: [wrong] });
  await expect(handle(delivered(aBatch()), abort.signal)).rejects.toBe(wrong);
  expect(log).toEqual(steps);
  expect(published).toEqual([]);
});

test('the signal ends a wait that would never end, with the fault that it waited for', async () => {
  const { handle, log, published, abort, events } = setup({ load: Array.from({ length: 99 }, () => away) });
  events.onRetry = () => {
    abort.abort();
  };
  await expect(handle(delivered(aBatch()), abort.signal)).rejects.toBe(away);
  expect(log).toEqual(['registerKeys', 'load']);
  expect(published).toEqual([]);
});

test('a signal that came before does not keep a load from succeeding, but from being tried twice', async () => {
  const first = setup();
  first.abort.abort();
  expect(await first.handle(delivered(aBatch()), first.abort.signal)).toBe('done');
  const second = setup({ load: [away] });
  second.abort.abort();
  await expect(second.handle(delivered(aBatch()), second.abort.signal)).rejects.toBe(away);
  expect(second.log).toEqual(['registerKeys', 'load']);
});

test('an error that nobody wrapped is no reason to settle, and its words are withheld', async () => {
  const { handle, published, abort } = setup({ load: [new TypeError('SENTINEL') as never] });
  const fault: Fault = await handle(delivered(aBatch()), abort.signal).then(
    () => expect.fail('it was done'),
    (thrown: Fault) => thrown,
  );
  expect(fault.code).toBe('internal');
  expect(`${JSON.stringify(fault)} ${fault.stack}`).not.toContain('SENTINEL');
  expect(published).toEqual([]);
});

test('a batch masked with a wrong key waits while a masker has that key, and is refused once none has', async () => {
  const inUse = ['other', 'f'];
  const { handle, log, published, abort } = setup({ registerKeys: [wrong, wrong] }, inUse);
  expect(await handle(delivered(aBatch()), abort.signal)).toBe('later');
  expect(log).toEqual(['registerKeys', 'waits for key_differs']);
  inUse.pop();
  await expect(handle(delivered(aBatch()), abort.signal)).rejects.toBe(wrong);
  expect(published).toEqual([]);
});

test('nothing is loaded of a batch received more than a day ago, also when the day ends while PostgreSQL is away', async () => {
  const day = 86_400_000;
  const { handle, log, published, abort, events, clock } = setup({ load: [away] });
  clock.now = receivedAt + day;
  events.onRetry = () => (clock.now += 1);
  await expect(handle(delivered(aBatch()), abort.signal)).rejects.toMatchObject({
    code: 'batch_outlived',
    heals: false,
  });
  expect(log).toEqual(['registerKeys', 'load']);
  expect(published).toEqual([]);
});
