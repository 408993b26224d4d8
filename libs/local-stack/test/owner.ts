/**
 * A process that owns a stack, to be ended in every way. Its argument: options as JSON, and what to do once the stack
 * is up. Says one line of JSON, of its servers, when it is.
 */
import { startLocalStack, type LocalStackOptions } from '../src/index.ts';

export interface OwnerOptions extends LocalStackOptions {
  readonly finish: 'wait' | 'fall-off-the-end' | 'exit' | 'throw' | 'stop' | 'drain-on-ctrl-c';
}

export interface OwnerReport {
  readonly pids: readonly number[];
  readonly ports: Readonly<Record<string, number>>;
  readonly postgresUrl: string | undefined;
}

const { finish, ...options } = JSON.parse(process.argv[2] ?? '{}') as OwnerOptions;
const stack = await startLocalStack({
  ...options,
  onProgress: ({ server, state }) => process.stderr.write(`${server} ${state}\n`),
});
const servers = [stack.postgres, stack.redis, stack.sqs].filter((server) => server.pid !== undefined);
const report: OwnerReport = {
  pids: servers.map((server) => server.pid ?? 0),
  ports: Object.fromEntries(servers.map((server) => [server.name, server.port])),
  postgresUrl: stack.postgres.pid === undefined ? undefined : stack.postgres.url(),
};
if (finish === 'drain-on-ctrl-c') {
  const waiting = setInterval(() => {}, 60_000);
  process.once('SIGINT', () => {
    clearInterval(waiting);
    void drain();
  });
}
// Only now, with every handler in place: whoever reads this may send a signal at once.
process.stdout.write(`${JSON.stringify(report)}\n`);
if (finish === 'wait') setInterval(() => {}, 60_000);
if (finish === 'exit') process.exit(3);
if (finish === 'throw') throw new Error('on purpose');
if (finish === 'stop') await stack.stop();

async function drain(): Promise<void> {
  await stack.sqs.createQueue('drained');
  process.stdout.write('drained\n');
  await stack.stop();
}
