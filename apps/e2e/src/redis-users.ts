import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Redis } from 'ioredis';

/** A user of Redis for each part of the product, as `masque redis-acl` prints them. */
export interface RedisUsers {
  /** The URL with which a stage, the dashboard or the custodian connects. */
  readonly url: (part: string) => string;
  /** What Redis has refused any of them so far: none, while everybody keeps to their own. */
  readonly refusals: () => Promise<string[]>;
  readonly remove: () => Promise<void>;
}

const command = resolve(import.meta.dirname, '../../cli/bin/masque.js');

/** @param name of the test's own: users are the whole server's */
export async function createRedisUsers(
  redis: Redis,
  redisUrl: string,
  redisPrefix: string,
  name: string,
): Promise<RedisUsers> {
  const env = { PATH: process.env['PATH'] ?? '', REDIS_PREFIX: redisPrefix };
  const { stdout } = await promisify(execFile)(process.execPath, [command, 'redis-acl', '--users', name, '--json'], {
    env,
  });
  const { users } = JSON.parse(stdout) as {
    readonly users: readonly { readonly user: string; readonly rules: string[] }[];
  };
  for (const { user, rules } of users) await redis.acl('SETUSER', user, ...rules, `>${name}`);
  return {
    url(part) {
      const url = new URL(redisUrl);
      url.username = `${name}_${part}`;
      url.password = name;
      return url.href;
    },
    async refusals() {
      const log: unknown = await redis.acl('LOG');
      return (log as (string | number)[][])
        .map((entry) =>
          ['username', 'reason', 'object'].map((field) => String(entry[entry.indexOf(field) + 1])).join(' '),
        )
        .filter((entry) => entry.startsWith(`${name}_`));
    },
    remove: async () => void (await redis.acl('DELUSER', ...users.map(({ user }) => user))),
  };
}
