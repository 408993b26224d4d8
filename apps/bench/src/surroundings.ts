import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type as systemName } from 'node:os';
import { join, resolve } from 'node:path';
import { Redis } from 'ioredis';
import type { Arena } from './arena.ts';

export const repository = resolve(import.meta.dirname, '../../..');

/** Machine and versions, in a line. */
export async function surroundingsOf({ pool, stack }: Arena): Promise<string> {
  const { rows } = await pool.query<{ server_version: string }>('show server_version');
  const redis = new Redis(stack.redis.url);
  const info = await redis.info('server').finally(() => redis.disconnect());
  const [processor] = cpus();
  return [
    `${cpus().length} cores (${processor?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GB`,
    // Whoever reads the figures should know what else the machine had to do.
    `load average ${(loadavg()[0] ?? 0).toFixed(1)} before the run`,
    `${systemName()} ${release()}`,
    `Node ${process.version}`,
    `PostgreSQL ${rows[0]?.server_version ?? 'unknown'} with synchronous commits`,
    `Redis ${/^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown'}`,
    ...['fauxqs', '@aws-sdk/client-sqs', 'bullmq', 'sqs-consumer', 'pg'].map((name) => `${name} ${versionOf(name)}`),
  ].join(', ');
}

function versionOf(name: string): string {
  const text = readFileSync(join(repository, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
