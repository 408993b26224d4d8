import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type LocalStack, startLocalStack } from '@masque/local-stack';
import type { Pipeline } from '@masque/pipeline';
import { toTarget } from '@masque/pipeline';
import { migrate } from '@masque/postgres-sink';
import { initKeys } from '../commands/keys.ts';
import { localEnvironmentFile } from '../environment.ts';
import { existsSync } from 'node:fs';
import { keyPaths } from '@masque/key-files';

/** Servers, queue, table and keys: everything that the stages need, on this machine. */
export interface Workspace {
  readonly stack: LocalStack;
  readonly queueUrl: string;
  readonly databaseUrl: string;
  readonly keysDir: string;
  readonly logDir: string;
  /** Settings of the stages, by name; each takes those that it reads. */
  readonly env: Readonly<Record<string, string>>;
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
  const keysDir = join(root, 'keys');
  const logDir = join(root, 'logs');
  await mkdir(logDir, { recursive: true, mode: 0o700 });
  const hasKeys = existsSync(keyPaths(keysDir).description);
  const [stack] = await Promise.all([
    startLocalStack({
      ...(keep ? { dataDir: join(root, 'data') } : {}),
      signal,
      onProgress: ({ server, state, detail }) =>
        onProgress(`${server} ${state}${detail === undefined ? '' : ` (${detail})`}`),
    }),
    hasKeys ? undefined : initKeys(keysDir, pipeline),
  ]);
  const databaseUrl = stack.postgres.url();
  const [queueUrl] = await Promise.all([
    stack.sqs.createQueue(pipeline.source.queue, { VisibilityTimeout: '60' }),
    migrate({ databaseUrl, target: toTarget(pipeline) }),
  ]);
  const env = {
    MASQUE_PIPELINE: process.env['MASQUE_PIPELINE'] ?? pipeline.name,
    MASQUE_KEYS_DIR: keysDir,
    SQS_QUEUE_URL: queueUrl,
    AWS_ENDPOINT_URL_SQS: stack.sqs.endpoint,
    AWS_REGION: stack.sqs.region,
    // A stage that stops lets its poll end; nobody should wait five seconds for a demo to close.
    SQS_WAIT_S: '1',
    REDIS_URL: stack.redis.url,
    DATABASE_URL: databaseUrl,
  };
  if (keep) {
    const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(localEnvironmentFile, lines.join(''), { mode: 0o600 });
  }
  return {
    stack,
    queueUrl,
    databaseUrl,
    keysDir,
    logDir,
    env,
    async close() {
      await stack.stop();
      await rm(keep ? localEnvironmentFile : root, { recursive: true, force: true });
    },
  };
}
