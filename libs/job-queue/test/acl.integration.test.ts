import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { newBatchId } from '@masque/handoff';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { freightBytes } from '../src/freight.ts';
import { aclRules, createJobQueue, type JobQueue, type QueueUse } from '../src/index.ts';
import { eventually, soon } from './bench.ts';
import { aLetter, letters, parcels } from './letters.ts';
import { type OwnUsers, ownUsers } from './own-user.ts';
import { quickStalls } from './quick-stalls.ts';

const { redisUrl } = inject('stack');

const sender: Partial<QueueUse> = { works: ['letters'], watches: ['parcels'], leases: 'keeps', presence: 'announces' };
const packer: Partial<QueueUse> = { works: ['letters', 'parcels'], leases: 'sees', presence: 'announces' };

function open(url: string, prefix: string, name: string): JobQueue {
  const queue = createJobQueue({ url, prefix, name, onFault: (fault) => expect.fail(fault.toLine()) });
  onTestFinished(() => queue.close());
  return queue;
}

test('each user can do all that a stage does: add, take, delay, lose, recover, drop, lease, announce', async () => {
  const users = ownUsers(redisUrl);
  const { prefix } = users;
  const packerUrl = await users.create(packer);
  const [send, pack] = [open(await users.create(sender), prefix, 'sender'), open(packerUrl, prefix, 'packer')];
  await Promise.all([send.check(), pack.check()]);

  // Taken by a process that is killed: found again as stalled.
  const photo = Buffer.from('bytes');
  const lost = aLetter({ text: 'lost', photo });
  await send.publisher(letters, 'post').publish(lost);
  const worker = fileURLToPath(new URL('./fixtures/worker.ts', import.meta.url));
  const doomed = spawn(process.execPath, [worker, packerUrl, prefix], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void doomed.kill('SIGKILL'));
  await once(doomed.stdout, 'data');
  doomed.kill('SIGKILL');

  const outParcels = pack.publisher(parcels, 'post');
  const handled: string[] = [];
  const consumer = pack.consumer(letters, 'post', {
    ...quickStalls,
    concurrency: 2,
    isHopeless: () => true,
    async handle({ batch, earlierTries }) {
      if (batch.text === 'later' && earlierTries === 0) return 'later';
      if (batch.text === 'dropped') throw new Error('dropped');
      expect(batch.photo).toEqual(photo);
      handled.push(batch.text);
      await outParcels.publish({ ...batch, grams: 1 });
      return 'done';
    },
  });
  await consumer.start();
  onTestFinished(async () => void (await consumer.stop(soon())));
  for (const text of ['at once', 'later', 'dropped'])
    await send.publisher(letters, 'post').publish(aLetter({ text, photo }));
  await eventually(
    async () => [handled.toSorted().join(), (await send.depth('post', ['letters']))['letters']],
    ([all, depth]) => all === 'at once,later,lost' && JSON.stringify(depth).match(/[1-9]/) === null,
  );

  expect((await send.depth('post', ['letters', 'parcels']))['parcels']).toMatchObject({ waiting: 3 });
  expect(await send.leases.present('post', ['letters', 'parcels'], [lost.batch, newBatchId()])).toEqual(
    new Set([lost.batch]),
  );
  await send.leases.record('post', lost.batch, 10_000);
  expect(await pack.leases.isLeased('post', lost.batch)).toBe(true);
  expect((await pack.oldest('post', ['letters', 'parcels']))['parcels']).toBeGreaterThan(0);

  const beaten = Promise.withResolvers<unknown>();
  const presence = pack.presence.announce({
    pipeline: 'post',
    stage: 'packer',
    replica: 'r',
    state: () => 'working',
    figures: async () => ({ packed_total: 3 }),
    onReplicas: beaten.resolve,
  });
  await beaten.promise;
  const look = open(await users.create({ watches: ['letters', 'parcels'], presence: 'looks' }), prefix, 'onlooker');
  await look.check();
  expect(await look.depth('post', ['letters', 'parcels'])).toMatchObject({ parcels: { waiting: 3 } });
  expect(await look.presence.counted('post')).toMatchObject([{ stage: 'packer', figures: { packed_total: 3 } }]);
  await presence.stop();
  expect(await users.refusals()).toEqual([]);
});

async function refused(url: string, commands: readonly string[][]): Promise<(readonly [string, string])[]> {
  const redis = new Redis(url);
  const outcomes: (readonly [string, string])[] = [];
  for (const [command = '', ...rest] of commands) {
    const answer = await redis.call(command, ...rest).then(
      () => 'allowed',
      (error: unknown) =>
        /NOPERM|The user executing the script can't/.test(String(error)) ? 'refused' : String(error),
    );
    outcomes.push([[command, ...rest].join(' '), answer]);
  }
  redis.disconnect();
  return outcomes;
}

const attempts = (prefix: string, batch: string): Readonly<Record<string, readonly string[][]>> => ({
  sender: [
    ['HGETALL', `${prefix}:post.parcels:${batch}`],
    ['HGETALL', `${prefix}:post.parcels:${batch}:freight`],
    ['LRANGE', `${prefix}:post.parcels:wait`, '0', '-1'],
    ['LPUSH', `${prefix}:post.parcels:wait`, 'x'],
    ['EVAL', `return redis.call('HGETALL', KEYS[1])`, '1', `${prefix}:post.parcels:${batch}`],
    ['GET', 'another:key'],
    ['LLEN', `${prefix}:other.letters:wait`],
    ['FLUSHALL'],
    ['KEYS', '*'],
    ['SCAN', '0'],
    ['CONFIG', 'GET', 'requirepass'],
    ['ACL', 'LIST'],
    ['CLIENT', 'LIST'],
    ['SCRIPT', 'FLUSH'],
    ['PUBLISH', 'channel', 'x'],
  ],
  packer: [
    ['SET', `${prefix}:post:lease:${batch}`, '1'],
    ['DEL', `${prefix}:post:lease:${batch}`],
    ['LLEN', `${prefix}:post.stamps:wait`],
  ],
  onlooker: [
    ['HVALS', `${prefix}:post.letters:${batch}:freight`],
    ['HGETALL', `${prefix}:post.letters:${batch}`],
    ['HSET', `${prefix}:post:presence`, 'x', '1 working'],
    ['DEL', `${prefix}:post.letters:wait`],
    ['EVAL', 'return 1', '0'],
  ],
  reader: [
    ['DEL', `${prefix}:post.letters:${batch}:freight`],
    ['DEL', `${prefix}:post.letters:${batch}`],
    ['HSET', `${prefix}:post:presence`, 'x', '1 working'],
    ['EVAL', `return redis.call('DEL', KEYS[1])`, '1', `${prefix}:post.letters:${batch}`],
    ['GET', 'another:key'],
    ['HGETALL', `${prefix}:posture:presence`],
    ['KEYS', '*'],
    ['FLUSHDB'],
  ],
});

describe('a user is refused what is not its own', () => {
  const uses: Readonly<Record<string, Partial<QueueUse>>> = {
    sender,
    packer,
    onlooker: { watches: ['letters', 'parcels'] },
    reader: { readsAll: true },
  };

  test.each(Object.keys(uses))('%s', async (name) => {
    const users: OwnUsers = ownUsers(redisUrl);
    const url = await users.create(uses[name] ?? {});
    const commands = attempts(users.prefix, newBatchId())[name] ?? [];
    expect(await refused(url, commands)).toEqual(commands.map((words) => [words.join(' '), 'refused']));
  });
});

test('the reader can read all of its pipeline’s, through BullMQ’s own scripts too', async () => {
  const users = ownUsers(redisUrl);
  const { prefix } = users;
  const letter = aLetter({ photo: Buffer.from('bytes') });
  const send = open(await users.create(sender), prefix, 'sender');
  await send.check();
  await send.publisher(letters, 'post').publish(letter);
  const connection = new Redis(await users.create({ readsAll: true }), { maxRetriesPerRequest: null });
  const queue = new Queue('post.letters', { prefix, connection, skipMetasUpdate: true });
  onTestFinished(async () => {
    await queue.close();
    connection.disconnect();
  });
  expect(await queue.getJobCounts()).toMatchObject({ waiting: 1 });
  expect((await queue.getJobs(['waiting'])).map(({ id }) => id)).toEqual([letter.batch]);
  expect(await queue.getJob(letter.batch)).toMatchObject({ name: 'letters' });
  expect(await freightBytes(connection, queue.toKey(letter.batch))).toBe(5);
  expect(await users.refusals()).toEqual([]);
});

test('what a user lacks is one clear fault, wherever Redis says it', async () => {
  const users = ownUsers(redisUrl);
  const stranger = open(await users.create({ works: ['stamps'], presence: 'announces' }), users.prefix, 'stranger');
  await stranger.check();
  const fault = {
    code: 'redis_refused',
    heals: false,
    setting: 'REDIS_URL',
    advice: expect.stringContaining('redis-acl'),
  };
  await expect(stranger.publisher(letters, 'post').publish(aLetter())).rejects.toMatchObject(fault);
  await expect(stranger.depth('post', ['letters'])).rejects.toMatchObject(fault);
  await expect(stranger.leases.isLeased('post', newBatchId())).rejects.toMatchObject(fault);
});

test('names that a pattern or the rules’ syntax would take for more give no right to another’s keys', async () => {
  const users = ownUsers(redisUrl);
  const rules = aclRules('a* ~* (+@all', 'post', {
    works: ['letters'],
    watches: [],
    leases: 'none',
    presence: 'looks',
  });
  expect(rules.filter((rule) => rule.startsWith('~'))).toEqual(['~a??~???+@all:post.letters:*']);
  expect(rules.join(' ')).not.toMatch(/\s~\*|\+@all(?!:)/);
  // And Redis takes them for one pattern.
  const name = new URL(await users.create({})).username;
  await users.admin.acl('SETUSER', name, ...rules);
});
