import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { signal, stopAwake } from '../src/crew.ts';

test('one that is frozen, or freezes while it is asked to stop, stops', async () => {
  const child = spawn(process.execPath, [
    '-e',
    `process.once('SIGTERM', () => { process.kill(process.pid, 'SIGSTOP'); process.exit(0); }); setInterval(() => {}, 1000); console.log('ready')`,
  ]);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const pid = child.pid ?? 0;
  const ended = once(child, 'exit');
  signal(pid, 'SIGSTOP');
  await stopAwake({
    pid,
    async stop() {
      signal(pid, 'SIGTERM');
      const [status] = (await ended) as [number | null];
      return status;
    },
  });
  expect(await ended).toEqual([0, null]);
});
