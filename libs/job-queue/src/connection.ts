import { once } from 'node:events';
import { Fault } from '@masque/fault';
import { Redis, type RedisOptions } from 'ioredis';
import { redisFault } from './redis-fault.ts';

/**
 * Two kinds of connection, because they fail differently (BullMQ, "Going to production").
 * - A **consumer's** waits for ever: its commands are queued while Redis is away and its worker goes on afterwards.
 * - The **producer's** fails fast: a publish that cannot be sent now is the caller's to retry, with its own deadline.
 */
export interface Connections {
  /** A vendor's error in our words. */
  readonly toFault: (error: unknown) => Fault;
  /** For errors that arrive as events, outside of any call. */
  readonly report: (error: unknown) => void;
  readonly producer: Redis;
  openConsumer(queue: string): Redis;
  check(): Promise<void>;
  close(): void;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly name: string;
  readonly onFault: (fault: Fault) => void;
}

type Differences = Pick<
  RedisOptions,
  'connectionName' | 'enableOfflineQueue' | 'maxRetriesPerRequest' | 'commandTimeout'
>;

/** A publish answered later than this counts as failed; it may still happen, which the batch's id makes harmless. */
const commandTimeoutMs = 5_000;
const connectTimeoutMs = 5_000;

export function createConnections({ url, name, onFault }: ConnectionOptions): Connections {
  const open = new Set<Redis>();
  const toFault = (error: unknown): Fault => redisFault(error, url);
  // From the first `check` until one succeeds, its faults are the caller's to tell; the same outage is not told twice.
  let isBeingChecked = false;
  const report = (error: unknown): void => {
    if (!isBeingChecked) onFault(toFault(error));
  };
  const connect = (options: Differences): Redis => {
    const redis = new Redis(url, {
      connectTimeout: connectTimeoutMs,
      // Half a second at most between tries: an outage must not outlast itself.
      retryStrategy: (tries) => Math.min(50 * tries, 500),
      ...options,
    });
    // Without a listener ioredis prints the error itself, command arguments included.
    redis.on('error', report);
    redis.on('end', () => open.delete(redis));
    open.add(redis);
    return redis;
  };
  const producer = connect({
    connectionName: `${name}:producer`,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: commandTimeoutMs,
  });

  return {
    toFault,
    report,
    producer,
    openConsumer: (queue) => connect({ connectionName: `${name}:${queue}`, maxRetriesPerRequest: null }),
    async check() {
      isBeingChecked = true;
      await check(url, name);
      // After an outage the producer is up to half a second behind, and it fails what comes meanwhile.
      if (producer.status !== 'ready') {
        await once(producer, 'ready', { signal: AbortSignal.timeout(connectTimeoutMs) }).catch((error: unknown) => {
          throw toFault(error);
        });
      }
      isBeingChecked = false;
    },
    close() {
      for (const redis of open) redis.disconnect();
    },
  };
}

const oldestRedis = 6.2;

async function check(url: string, name: string): Promise<void> {
  const probe = new Redis(url, {
    connectionName: `${name}:check`,
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // The reason arrives here; `connect` itself only says "Connection is closed".
  let reason: unknown;
  probe.on('error', (error: unknown) => (reason = error));
  try {
    await probe.connect();
    const info = await probe.info();
    // A database that is not there is told by the event alone: ioredis goes on with database 0.
    if (reason !== undefined) throw reason;
    const field = (key: string): string => new RegExp(`^${key}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
    if (Number.parseFloat(field('redis_version')) < oldestRedis) {
      throw new Fault('redis_too_old', `Redis ${field('redis_version')} is older than ${oldestRedis}`, {
        heals: false,
        setting: 'REDIS_URL',
        advice: 'Use Redis 6.2 or newer, or Valkey.',
      });
    }
    const policy = field('maxmemory_policy');
    if (policy !== '' && policy !== 'noeviction') {
      throw new Fault('redis_evicts', `Redis evicts keys when full: its maxmemory-policy is ${policy}`, {
        heals: false,
        setting: 'REDIS_URL',
        advice: 'Set maxmemory-policy to noeviction: an evicted queue key would stall every batch behind it.',
      });
    }
  } catch (error) {
    throw error instanceof Fault ? error : redisFault(reason ?? error, url);
  } finally {
    probe.disconnect();
  }
}
