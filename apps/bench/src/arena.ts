import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LocalPipeline, preparePipeline } from '@masque/local-pipeline';
import { type LocalStack, startLocalStack } from '@masque/local-stack';
import { loadPipeline, type Pipeline } from '@masque/pipeline';
import { Pool } from 'pg';
import type { Method } from './arguments.ts';

/** Servers of the bench's own, with one pipeline's keys and tables. PostgreSQL syncs its commits to disk. */
export interface Arena {
  readonly stack: LocalStack;
  readonly pipeline: Pipeline;
  readonly queueUrl: string;
  readonly pool: Pool;
  readonly root: string;
  /** What contestants find in their environment. */
  readonly settings: Readonly<Record<string, string>>;
  /** The pipeline's stages, none of them started. */
  openPipeline(more?: Readonly<Record<string, string>>): Promise<LocalPipeline>;
  /** An empty table, ledger, quarantine and queue. */
  clear(): Promise<void>;
  /** What is in the table, and what is in quarantine. */
  placed(): Promise<{ readonly rows: number; readonly quarantined: number }>;
  close(): Promise<void>;
}

export async function openArena(options: {
  readonly method: Method;
  readonly signal: AbortSignal;
  readonly onProgress: (what: string) => void;
}): Promise<Arena> {
  const file = fileURLToPath(new URL(`./pipelines/${options.method}.ts`, import.meta.url));
  const pipeline = await loadPipeline(file);
  const root = await mkdtemp(join(tmpdir(), 'masque-bench-'));
  const ends: (() => Promise<unknown>)[] = [() => rm(root, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const stack = await startLocalStack({
      signal: options.signal,
      onProgress: ({ server, state }) => options.onProgress(`${server} ${state}`),
    });
    ends.push(() => stack.stop());
    const queueUrl = await stack.sqs.createQueue(pipeline.source.queue, { VisibilityTimeout: '600' });
    const pool = new Pool({ connectionString: stack.postgres.url(), max: 2, application_name: 'bench' });
    ends.push(() => pool.end());
    const openPipeline = (more: Readonly<Record<string, string>> = {}): Promise<LocalPipeline> =>
      preparePipeline({
        pipeline,
        root,
        services: {
          databaseUrl: stack.postgres.url(),
          redisUrl: stack.redis.url,
          sqsEndpoint: stack.sqs.endpoint,
          region: stack.sqs.region,
          queueUrl,
        },
        settings: { MASQUE_PIPELINE: file, ...more },
      });
    const { settings } = await openPipeline();
    return {
      stack,
      pipeline,
      queueUrl,
      pool,
      root,
      settings,
      openPipeline,
      async clear() {
        await pool.query('truncate bench_logins, masque.ledger, masque.quarantine, masque.vault');
        await stack.sqs.purge(queueUrl);
      },
      async placed() {
        const { rows } = await pool.query<{ rows: number; quarantined: number }>(
          'select (select count(*)::int from bench_logins) as rows, (select count(*)::int from masque.quarantine) as quarantined',
        );
        return rows[0] ?? { rows: 0, quarantined: 0 };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
