import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type LocalPipeline, preparePipeline } from '@masque/local-pipeline';
import { type LocalStack, startLocalStack } from '@masque/local-stack';
import type { Pipeline } from '@masque/pipeline';
import { localEnvironmentFile } from '../environment.ts';

/** Servers, queue, table, keys and stages, on this machine. */
export interface Workspace {
  readonly stack: LocalStack;
  readonly local: LocalPipeline;
  readonly queueUrl: string;
  readonly databaseUrl: string;
  /** Stages first, then the servers; then what was temporary is removed. */
  close(): Promise<void>;
}

export interface WorkspaceOptions {
  readonly pipeline: Pipeline;
  /** Keep data and keys in `.masque/`, and tell other commands where the servers are. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (what: string) => void;
}

export async function openWorkspace({ pipeline, keep, signal, onProgress }: WorkspaceOptions): Promise<Workspace> {
  const root = keep ? resolve('.masque') : await mkdtemp(join(tmpdir(), 'masque-demo-'));
  await mkdir(root, { recursive: true, mode: 0o700 });
  const stack = await startLocalStack({
    ...(keep ? { dataDir: join(root, 'data') } : {}),
    signal,
    onProgress: ({ server, state, detail }) =>
      onProgress(`${server} ${state}${detail === undefined ? '' : ` (${detail})`}`),
  });
  const databaseUrl = stack.postgres.url();
  try {
    const queueUrl = await stack.sqs.createQueue(pipeline.source.queue, { VisibilityTimeout: '60' });
    const local = await preparePipeline({
      pipeline,
      root,
      services: {
        databaseUrl,
        redisUrl: stack.redis.url,
        sqsEndpoint: stack.sqs.endpoint,
        region: stack.sqs.region,
        queueUrl,
      },
    });
    if (keep) {
      const lines = Object.entries(local.settings).map(([name, value]) => `${name}=${value}\n`);
      await writeFile(localEnvironmentFile, lines.join(''), { mode: 0o600 });
    }
    return {
      stack,
      local,
      queueUrl,
      databaseUrl,
      async close() {
        await local.stop();
        await stack.stop();
        await rm(keep ? localEnvironmentFile : root, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}
