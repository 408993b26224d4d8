import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { createInbox, setup } from './bench.ts';
import { aLetter } from './letters.ts';

const { redisUrl } = inject('stack');

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
