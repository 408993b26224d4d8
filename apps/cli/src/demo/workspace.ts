import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Fault } from '@masque/fault';
import { type LocalPipeline, preparePipeline } from '@masque/local-pipeline';
import { type LocalStack, type ProgressEvent, startLocalStack } from '@masque/local-stack';
import type { Pipeline } from '@masque/pipeline';
import { localEnvironmentFile } from '../environment.ts';

/** Servers, queue, table, keys and stages, on this machine. */
export interface Workspace {
  readonly stack: LocalStack;
  readonly local: LocalPipeline;
  readonly queueUrl: string;
  readonly databaseUrl: string;
  /** Stages first, then the servers; then what was temporary is removed, but for the stages' logs if they are asked for. */
  close(options?: { readonly keepLogs: boolean }): Promise<void>;
}

export interface WorkspaceOptions {
  readonly pipeline: Pipeline;
  /** Keep data and keys in `.masque/`, and tell other commands where the servers are. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly onServer: (event: ProgressEvent) => void;
}

/** @throws {Fault} `already_running` when another one keeps its data in the same folder */
export async function openWorkspace({ pipeline, keep, signal, onServer }: WorkspaceOptions): Promise<Workspace> {
  const root = keep ? resolve('.masque') : await mkdtemp(join(tmpdir(), 'masque-demo-'));
  const remove = (): void => rmSync(keep ? localEnvironmentFile : root, { recursive: true, force: true });
  // Also when the process leaves at once: a second Ctrl-C.
  if (!keep) process.once('exit', remove);
  let stack: LocalStack | undefined;
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    stack = await startLocalStack({ ...(keep ? { dataDir: join(root, 'data') } : {}), signal, onProgress: onServer });
    // Not before: the data folder's lock is what says that the file is ours, and not that of another one running.
    if (keep) process.once('exit', remove);
    return await furnish(stack);
  } catch (error) {
    await stack?.stop();
    if (!keep || stack !== undefined) remove();
    process.off('exit', remove);
    throw inUse(error, root) ?? error;
  }

  async function furnish(servers: LocalStack): Promise<Workspace> {
    const databaseUrl = servers.postgres.url();
    const queueUrl = await servers.sqs.createQueue(pipeline.source.queue, { VisibilityTimeout: '60' });
    const services = {
      databaseUrl,
      redisUrl: servers.redis.url,
      sqsEndpoint: servers.sqs.endpoint,
      region: servers.sqs.region,
      queueUrl,
    };
    const local = await preparePipeline({ pipeline, root, services });
    if (keep) await writeEnvironment(local.settings);
    return {
      stack: servers,
      local,
      queueUrl,
      databaseUrl,
      async close({ keepLogs } = { keepLogs: false }) {
        await local.stop();
        await servers.stop();
        process.off('exit', remove);
        if (!keepLogs || keep) return remove();
        const others = (await readdir(root)).filter((name) => join(root, name) !== local.logDir);
        await Promise.all(others.map((name) => rm(join(root, name), { recursive: true, force: true })));
      },
    };
  }
}

/** Made anew, as the mode of a file that is there would stay; its URLs hold a password. */
async function writeEnvironment(settings: Readonly<Record<string, string>>): Promise<void> {
  await rm(localEnvironmentFile, { force: true });
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(localEnvironmentFile, lines.join(''), { mode: 0o600, flag: 'wx' });
}

function inUse(error: unknown, root: string): Fault | undefined {
  if (!(error instanceof Fault) || error.code !== 'local_stack_in_use') return undefined;
  return new Fault('already_running', `another \`npm start\` or \`masque demo --keep\` runs on ${root}`, {
    heals: true,
    advice: 'Use that one (`masque send`, `masque status`), or stop it first.',
  });
}
