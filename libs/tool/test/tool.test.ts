import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const fixture = fileURLToPath(new URL('fixtures/tool.ts', import.meta.url));

async function run(what: string[], signals: readonly NodeJS.Signals[] = []) {
  const child = spawn(process.execPath, [fixture, ...what], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const closed = once(child, 'close') as Promise<[number | null]>;
  for (const signal of signals) {
    await once(child.stdout, 'data');
    child.kill(signal);
  }
  const [status] = await closed;
  const [stdout, stderr] = await output;
  return { status, stdout, stderr };
}

test.each([
  ['help', [], 0, 'usage of it\n', ''],
  ['arguments that are none', ['wrong'], 64, '', 'that is wrong\n'],
  ['what holds, though a timer is left', ['holds'], 0, 'running\n', ''],
  ['what does not', ['fails'], 1, 'running\n', ''],
  ['a failure in words of its own', ['own'], 1, 'running\n', 'no room is left\n'],
])('%s', async (_, what, status, stdout, stderr) => {
  expect(await run(what)).toEqual({ status, stdout, stderr });
});

test('a vendor’s words are withheld', async () => {
  const { status, stderr } = await run(['vendor']);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^unexpected RangeError/);
  expect(stderr).not.toContain('SENTINEL');
});

test('the first signal lets it clear up', async () => {
  expect(await run(['stopped'], ['SIGTERM'])).toMatchObject({ status: 130, stderr: 'stopped before the end\n' });
});
