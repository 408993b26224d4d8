import { expect, inject, test } from 'vitest';
import type { Replica } from '../src/index.ts';
import { createInbox, eventually, setup } from './bench.ts';

const { redisUrl } = inject('stack');

test('a replica is there from its first beat, with its state, and gone when it stops', async () => {
  const { queue } = await setup(redisUrl);
  const beats = createInbox<readonly Replica[]>();
  let state = 'starting';
  const announced = queue.presence.announce({
    pipeline: 'post',
    stage: 'masker',
    replica: 'host/1-2 3',
    state: () => state,
    details: () => ['fingerprint-1', 'fingerprint-2'],
    onReplicas: (replicas) => beats.put(replicas),
    everyMs: 20,
  });
  expect(await beats.next()).toEqual([
    { stage: 'masker', replica: 'host/1-2 3', state: 'starting', details: ['fingerprint-1', 'fingerprint-2'] },
  ]);
  state = 'working';
  const told = await eventually(
    () => queue.presence.replicas('post'),
    ([replica]) => replica?.state === 'working',
  );
  expect(told).toHaveLength(1);
  expect(await queue.presence.replicas('night-post')).toEqual([]);
  await announced.stop();
  expect(await queue.presence.replicas('post')).toEqual([]);
});

test('a replica that died without a word counts as gone after five beats, and is swept out by the next of another', async () => {
  const { queue, redis, prefix } = await setup(redisUrl);
  const key = `${prefix}:post:presence`;
  const [seconds] = (await redis.time()).map(Number);
  await redis.hset(key, 'masker/dead', `${(seconds ?? 0) * 1_000 - 5_000} working`);
  await redis.hset(key, 'masker/alive', `${(seconds ?? 0) * 1_000 + 60_000} working`);
  expect(await queue.presence.replicas('post')).toEqual([
    { stage: 'masker', replica: 'alive', state: 'working', details: [] },
  ]);
  expect(await redis.hkeys(key)).toContain('masker/dead');
  const beats = createInbox<readonly Replica[]>();
  const announced = queue.presence.announce({
    pipeline: 'post',
    stage: 'loader',
    replica: 'a',
    state: () => 'working',
    onReplicas: (replicas) => beats.put(replicas),
  });
  expect((await beats.next()).map(({ replica }) => replica).sort()).toEqual(['a', 'alive']);
  expect((await redis.hkeys(key)).sort()).toEqual(['loader/a', 'masker/alive']);
  await announced.stop();
});

test('presence is whole again after a flush', async () => {
  const { queue, redis, prefix } = await setup(redisUrl);
  const announced = queue.presence.announce({
    pipeline: 'post',
    stage: 'masker',
    replica: 'a',
    state: () => 'working',
    everyMs: 20,
  });
  const look = () => queue.presence.replicas('post');
  await eventually(look, (seen) => seen.length === 1);
  await redis.del(`${prefix}:post:presence`);
  expect(await eventually(look, (seen) => seen.length === 1)).toEqual([
    { stage: 'masker', replica: 'a', state: 'working', details: [] },
  ]);
  await announced.stop();
});

test('what a replica has counted is read with it, dated by Redis, and gone with it', async () => {
  const { queue, redis, prefix } = await setup(redisUrl);
  let sent = 1;
  const beats = createInbox<readonly Replica[]>();
  const announced = queue.presence.announce({
    pipeline: 'post',
    stage: 'masker',
    replica: 'a',
    state: () => 'working',
    figures: async () => ({ sent_total: sent, 'put_aside_total{reason="torn"}': 2 }),
    onReplicas: (replicas) => beats.put(replicas),
    everyMs: 20,
  });
  // Other replicas are not told: they would be sent what only a dashboard reads.
  expect(await beats.next()).toEqual([{ stage: 'masker', replica: 'a', state: 'working', details: [] }]);
  const look = () => queue.presence.counted('post');
  const [first] = await look();
  expect(first).toMatchObject({ replica: 'a', figures: { 'put_aside_total{reason="torn"}': 2 } });
  sent = 7;
  const [later] = await eventually(look, ([seen]) => seen?.figures['sent_total'] === 7);
  expect((later?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(0);
  expect(Math.abs((later?.at ?? 0) - Number((await redis.time())[0]) * 1_000)).toBeLessThan(60_000);
  await announced.stop();
  expect(await look()).toEqual([]);
  expect(await redis.exists(`${prefix}:post:figures`)).toBe(0);
});

test('a replica of a release that counts nothing has no figures, nor has one whose figures are none', async () => {
  const { queue, redis, prefix } = await setup(redisUrl);
  const ends = Number((await redis.time())[0]) * 1_000 + 60_000;
  await redis.hset(`${prefix}:post:presence`, { 'masker/old': `${ends} working`, 'masker/odd': `${ends} working` });
  await redis.hset(`${prefix}:post:figures`, { 'masker/odd': '5 {"a":"b","c":3}', 'masker/gone': '5 {"a":1}' });
  const counted = await queue.presence.counted('post');
  const told = { stage: 'masker', state: 'working', details: [] };
  expect(counted).toHaveLength(2);
  expect(counted).toContainEqual({ ...told, replica: 'odd', at: 5, figures: { c: 3 } });
  expect(counted).toContainEqual({ ...told, replica: 'old', at: 0, figures: {} });
});
