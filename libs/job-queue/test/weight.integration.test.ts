import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { createInbox, eventually, setup } from './bench.ts';
import { aLetter, parcels } from './letters.ts';

const { redisUrl } = inject('stack');

test('weight is what batches take in Redis, whether they wait, run or are delayed', async () => {
  const { queue, letters, consume } = await setup(redisUrl);
  const read = () => queue.weight('post', ['letters', 'parcels']);
  expect(await read()).toBe(0);
  for (let at = 0; at < 3; at += 1) await letters.publish(aLetter({ text: 'x'.repeat(10_000) }));
  await queue.publisher(parcels, 'post').publish({ ...aLetter(), grams: 5 });
  const whole = await read();
  expect(whole).toBeGreaterThan(30_000);
  expect(whole).toBeLessThan(32_000);
  const [running, release] = [createInbox<number>(), Promise.withResolvers<void>()];
  await consume({
    concurrency: 2,
    handle: async () => {
      running.put(1);
      await release.promise;
      return 'later';
    },
  });
  await running.next();
  await running.next();
  expect(await read()).toBe(whole);
  release.resolve();
  await eventually(
    () => queue.depth('post', ['letters']),
    (seen) => (seen['letters']?.delayed ?? 0) > 0,
  );
  expect(await read()).toBe(whole);
});

test('of a long queue its ends are weighed, and what lies between is taken to be like them', async () => {
  const { queue, letters } = await setup(redisUrl);
  for (let at = 0; at < 210; at += 1) await letters.publish(aLetter({ text: 'x'.repeat(at < 105 ? 1_000 : 3_000) }));
  const weight = await queue.weight('post', ['letters']);
  expect(weight / 210).toBeGreaterThan(2_000);
  expect(weight / 210).toBeLessThan(2_300);
});

test('heavy batches are handled one after the other, light ones beside each other', async () => {
  const { letters, consume } = await setup(redisUrl);
  const seen: number[] = [];
  let underWay = 0;
  const done = createInbox<number>();
  const handle = async (): Promise<'done'> => {
    underWay += 1;
    seen.push(underWay);
    await sleep(60);
    underWay -= 1;
    done.put(1);
    return 'done';
  };
  for (let at = 0; at < 4; at += 1) await letters.publish(aLetter({ text: 'heavy' }));
  for (let at = 0; at < 8; at += 1) await letters.publish(aLetter({ text: 'light' }));
  await consume({ concurrency: 4, handle, weigh: ({ text }) => (text === 'heavy' ? 5_000_000 : 5_000) });
  for (let at = 0; at < 12; at += 1) await done.next();
  expect(seen.slice(0, 4)).toEqual([1, 1, 1, 1]);
  expect(Math.max(...seen.slice(4))).toBe(4);
});
