import { Fault, toFault } from '@masque/fault';
import { serverAccount } from './account.ts';
import { openFolders } from './folders.ts';
import { createPostgres } from './postgres.ts';
import { type ReaperLink, startReaper } from './reaper-link.ts';
import { createRedis } from './redis.ts';
import { createSqs } from './sqs.ts';
import { type LocalStack, type LocalStackOptions, type ServerName, serverNames } from './stack.ts';

/**
 * Starts PostgreSQL, Redis and SQS on 127.0.0.1. However the calling process ends, nothing of them stays: the servers
 * are children of a reaper (see `reaper.ts`), and signals remain the caller's own affair.
 * @throws {Fault} what did not start, and what to do; then nothing is left running.
 */
export async function startLocalStack(options: LocalStackOptions = {}): Promise<LocalStack> {
  if (options.signal?.aborted) throw aborted();
  const link = startReaper();
  const onAbort = (): void => void link.end();
  options.signal?.addEventListener('abort', onAbort);
  try {
    const stack = await createStack(link, options);
    await Promise.all((options.only ?? serverNames).map((name) => stack[name].start()));
    return stack;
  } catch (error) {
    await link.end();
    throw options.signal?.aborted ? aborted() : toFault(error);
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
  }
}

async function createStack(link: ReaperLink, options: LocalStackOptions): Promise<LocalStack> {
  const { dataDir, durable = true, onProgress = () => {} } = options;
  const account = await serverAccount();
  const folders = await openFolders(link, account, dataDir);
  const depsOf = (name: ServerName) => ({
    link,
    folders,
    onProgress,
    preferredPort: folders.memory.ports[name],
    onPort: async (port: number): Promise<void> => await folders.rememberPort(name, port),
  });
  return {
    postgres: createPostgres({ ...depsOf('postgres'), account, durable }),
    redis: createRedis(depsOf('redis')),
    sqs: createSqs(depsOf('sqs')),
    stop: async () => await link.end(),
  };
}

function aborted(): Fault {
  return new Fault('local_stack_aborted', 'the local stack was stopped while it started', { heals: false });
}
