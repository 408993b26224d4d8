import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Folders } from './folders.ts';
import { inheritedEnv } from './inherited-env.ts';
import { createServer, extended, portOf, type ServerDeps } from './server.ts';
import { createQueues } from './queues.ts';
import type { LocalSqs } from './stack.ts';

export interface SqsDeps extends ServerDeps {
  readonly folders: Folders;
}

const region = 'us-east-1';

export function createSqs(deps: SqsDeps): LocalSqs {
  const { folders } = deps;
  const folder = join(folders.data, 'sqs');

  const server = createServer(
    {
      name: 'sqs',
      stopSignal: 'SIGTERM',
      async prepare() {
        if (folders.kept) await mkdir(folder, { recursive: true, mode: 0o700 });
      },
      process: (port) => ({
        command: process.execPath,
        args: [
          '--disable-warning=ExperimentalWarning',
          fileURLToPath(new URL('./sqs-process.ts', import.meta.url)),
          String(port),
          region,
          ...(folders.kept ? [folder] : []),
        ],
        env: inheritedEnv(),
        cwd: folders.temporary,
        log: folders.log('sqs'),
        endSignal: 'SIGTERM',
        graceMs: 5_000,
      }),
      answers: async (_port, _pid, said) => /^listening$/m.test(said),
    },
    deps,
  );
  const endpoint = (): string => `http://127.0.0.1:${portOf(server)}`;
  return extended(server, {
    region,
    get endpoint() {
      return endpoint();
    },
    ...createQueues(endpoint),
  });
}
