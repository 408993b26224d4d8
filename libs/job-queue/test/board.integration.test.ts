import { expect, inject, onTestFinished, test } from 'vitest';
import { openBoard } from '../src/board.ts';
import { createInbox, eventually, setup } from './bench.ts';
import { aLetter, letters as contract } from './letters.ts';

const { redisUrl } = inject('stack');

async function boarded() {
  const { queue, redis, prefix, letters, consume } = await setup(redisUrl);
  const board = openBoard({
    url: redisUrl,
    prefix,
    name: `${prefix}:board`,
    pipeline: 'post',
    handoffs: { letters: 'Letters on their way' },
    onFault: () => {},
  });
  onTestFinished(() => board.close());
  const [adapter] = board.adapters;
  if (adapter === undefined) throw new Error('no queue on the board');
  await eventually(
    () => adapter.getJobCounts().catch(() => undefined),
    (counts) => counts !== undefined,
  );
  return { queue, redis, prefix, letters, consume, adapter };
}

test('the board shows a job’s id, times, tries and size, and nothing that was put in it', async () => {
  const { redis, prefix, letters, adapter } = await boarded();
  const letter = aLetter({ text: 'SENTINEL of a letter', photo: Buffer.from('SENTINEL of a photo') });
  await letters.publish(letter);
  // What BullMQ would keep of a processor that throws: ours never does, and the board must not count on that.
  await redis.hset(`${prefix}:post.letters:${letter.batch}`, {
    failedReason: 'SENTINEL of an error',
    stacktrace: '["SENTINEL of a stack"]',
    returnvalue: '"SENTINEL of a result"',
    progress: '"SENTINEL of progress"',
    opts: '{"SENTINEL":1}',
  });
  await redis.rpush(`${prefix}:post.letters:${letter.batch}:logs`, 'SENTINEL of a log');
  const [job] = await adapter.getJobs(['waiting'], 0, 9);
  const shown = [
    job?.toJSON(),
    (await adapter.getJob(letter.batch))?.toJSON(),
    await adapter.getJobLogs(letter.batch),
    await adapter.getMetrics('completed'),
    await adapter.getJobSchedulers(),
    await adapter.getWorkers(),
    adapter.getQueueDefaultJobOptions(),
  ];
  expect(JSON.stringify(shown)).not.toContain('SENTINEL');
  const { data, freight } = contract.write(letter);
  expect(job?.toJSON()).toMatchObject({
    id: letter.batch,
    attemptsMade: 0,
    data: { bytes: Buffer.byteLength(JSON.stringify(data)) + (freight?.bytes.length ?? 0) },
  });
  expect(Math.abs((job?.toJSON().timestamp ?? 0) - Date.now())).toBeLessThan(60_000);
  expect(await job?.getState()).toBe('waiting');
  expect(await adapter.getJob('b-unknown')).toBeUndefined();
});

test('the board writes nothing, whatever it is asked', async () => {
  const { redis, prefix, letters, consume, adapter } = await boarded();
  expect(adapter).toMatchObject({ readOnlyMode: true, allowRetries: false, allowCompletedRetries: false });
  const taken = createInbox<() => void>();
  await consume({
    concurrency: 1,
    async handle() {
      await new Promise<void>((resolve) => taken.put(resolve));
      return 'done';
    },
  });
  await letters.publish(aLetter());
  const finish = await taken.next();
  await letters.publish(aLetter());
  const [active] = await adapter.getJobs(['active'], 0, 9);
  expect(active?.toJSON()).toMatchObject({ attemptsStarted: 1 });
  await expect(active?.remove()).rejects.toThrow(/only reads/);
  await expect(active?.promote()).rejects.toThrow(/only reads/);
  await expect(active?.retry()).rejects.toThrow(/only reads/);
  const keys = async () => (await redis.keys(`${prefix}:*`)).toSorted();
  const before = await keys();
  await adapter.getJobCounts();
  await adapter.isPaused();
  expect(await keys()).toEqual(before);
  finish();
  (await taken.next())();
});
