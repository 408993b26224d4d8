import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Arena } from './arena.ts';
import { sentinelsIn } from './sentinels.ts';

/** Looks for planted values where none may be. */
export interface Secrecy {
  /** `address in Redis`, … */
  readonly found: ReadonlySet<string>;
  /** How many times Redis was read as a whole. */
  readonly looks: number;
  /** Reads Redis again and again, until the signal. */
  watch(signal: AbortSignal): Promise<void>;
  /** Everything that is kept: PostgreSQL, logs, Redis once more, and what the stages measured. */
  lookEverywhere(): Promise<void>;
}

const everyMs = 1_000;

export function createSecrecy({ redis, pool, local }: Arena): Secrecy {
  const found = new Set<string>();
  let looks = 0;

  function look(where: string, text: string): void {
    for (const name of sentinelsIn(text)) found.add(`${name} in ${where}`);
  }

  /** The file that Redis writes holds every key with its value. */
  async function lookIntoRedis(): Promise<void> {
    if (redis.status !== 'ready') return;
    await redis.save();
    const [, folder = ''] = await redis.config('GET', 'dir');
    const file = join(folder, 'dump.rdb');
    look('Redis', await readFile(file, 'latin1'));
    await rm(file, { force: true });
    looks += 1;
  }

  return {
    found,
    get looks() {
      return looks;
    },
    async watch(signal) {
      while (!signal.aborted) {
        // A Redis that is away, full or killed meanwhile is looked into the next time.
        await lookIntoRedis().catch(() => {});
        await sleep(everyMs, undefined, { signal }).catch(() => {});
      }
    },
    async lookEverywhere() {
      await lookIntoRedis();
      const { rows: tables } = await pool.query<{ name: string }>(
        `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'masque')`,
      );
      for (const { name } of tables) {
        const { rows } = await pool.query<{ text: string }>(`select t::text as text from ${name} t`);
        look(name, rows.map(({ text }) => text).join('\n'));
      }
      for (const file of await readdir(local.logDir)) look('logs', await readFile(join(local.logDir, file), 'latin1'));
      const scraped = await Promise.all(local.processes.map((process) => process.scrapeText().catch(() => '')));
      look('metrics', scraped.join('\n'));
    },
  };
}
