/**
 * The bytes of batches, beside their jobs: a hash under `<prefix>:<queue>:<batch>:freight`, by `freightId`.
 *
 * Invariants
 * - Bytes are stored before their job is added, so whoever takes a job finds them, or the job was finished with before.
 * - A batch handed over again, and not quite the same, does not touch the bytes of its first self: they have two ids.
 * - They go when the job is finished with. What a crash left over goes by itself, later than any job can be of use.
 */
import type { Freight } from '@masque/handoff';
import type { Redis } from 'ioredis';

/** SQS hides a message for twelve hours at most: a job that is older is dropped by whoever takes it. */
const keptMs = 13 * 3_600_000;

/** Both or neither: bytes without an end would stay for ever, where nobody looks. */
const store = "redis.call('hsetnx', KEYS[1], ARGV[1], ARGV[2]) redis.call('pexpire', KEYS[1], ARGV[3])";

export async function storeFreight(redis: Redis, jobKey: string, { id, bytes }: Freight): Promise<void> {
  await redis.eval(store, 1, freightKey(jobKey), id, bytes, keptMs);
}

export async function fetchFreight(redis: Redis, jobKey: string, id: string): Promise<Buffer | undefined> {
  return (await redis.hgetBuffer(freightKey(jobKey), id)) ?? undefined;
}

export async function removeFreight(redis: Redis, jobKey: string): Promise<void> {
  await redis.del(freightKey(jobKey));
}

/** How many bytes there are for a job. */
export async function freightBytes(redis: Redis, jobKey: string): Promise<number> {
  const key = freightKey(jobKey);
  const ids = await redis.hkeys(key);
  const lengths = await Promise.all(ids.map((id) => redis.hstrlen(key, id)));
  return lengths.reduce((sum, length) => sum + length, 0);
}

function freightKey(jobKey: string): string {
  return `${jobKey}:freight`;
}
