import { expect, onTestFinished, test } from 'vitest';
import { createWatchdog } from '../src/watchdog.ts';

/** A minute of patience that takes a few milliseconds: the clock goes on by ten seconds at each look. */
function setup(worker: { waiting?: () => Promise<number>; isBusy?: () => boolean } = {}) {
  let [clock, looks] = [0, 0];
  const stuck = Promise.withResolvers<object>();
  const told: object[] = [];
  const looked: (() => void)[] = [];
  const watchdog = createWatchdog({
    queue: 'post.letters',
    patienceMs: 6,
    now: () => clock,
    isBusy() {
      clock += 1;
      looks += 1;
      looked.splice(0).forEach((resolve) => resolve());
      return worker.isBusy?.() ?? false;
    },
    waiting: worker.waiting ?? (async () => 3),
    onStuck: (fault) => {
      told.push(fault);
      stuck.resolve({ fault, looks });
    },
  });
  onTestFinished(() => watchdog.stop());
  watchdog.start();
  return {
    watchdog,
    told,
    stuck: stuck.promise,
    look: async (times: number): Promise<void> => {
      for (let at = 0; at < times; at += 1) await new Promise<void>((resolve) => looked.push(resolve));
    },
  };
}

test('batches wait and none is taken: told once, when patience is over and not before', async () => {
  const { stuck, told, watchdog } = setup();
  expect(await stuck).toMatchObject({ looks: 6, fault: { code: 'worker_stuck', heals: true } });
  watchdog.stop();
  expect(told).toHaveLength(1);
});

test.each<[string, Parameters<typeof setup>[0]]>([
  ['nothing waits', { waiting: async () => 0 }],
  ['a handler runs', { isBusy: () => true }],
  ['Redis does not answer', { waiting: () => Promise.reject(new Error('away')) }],
])('while %s nothing is held against the worker', async (_, worker) => {
  const { look, told } = setup(worker);
  await look(20);
  expect(told).toEqual([]);
});

test('a job taken begins the patience anew', async () => {
  const { look, told, watchdog, stuck } = setup();
  await look(4);
  watchdog.taken();
  await look(5);
  expect(told).toEqual([]);
  await stuck;
});

test('stopped, it says nothing, not even of a look under way', async () => {
  const answer = Promise.withResolvers<number>();
  const { look, told, watchdog } = setup({ waiting: () => answer.promise });
  await look(8);
  watchdog.stop();
  answer.resolve(3);
  await new Promise(setImmediate);
  expect(told).toEqual([]);
});
