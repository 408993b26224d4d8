import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { expect, test } from 'vitest';

const logging = `
  const { createLog } = await import(${JSON.stringify(new URL('../src/log.ts', import.meta.url).href)});
  const log = createLog({ level: 'info', base: {} });
  for (let at = 0; at < 2_000; at += 1) log.info('said', { at, filler: 'x'.repeat(1_000) });
  await new Promise((resolve) => setTimeout(resolve, 50));
  process.exit(process.memoryUsage().arrayBuffers < 16_000_000 ? 7 : 8);
`;

// full(4): every write to it fails with ENOSPC.
test.runIf(existsSync('/dev/full'))('a full disk neither ends the process nor fills its memory', async () => {
  const output = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, ['--input-type=module', '-e', logging], { stdio: ['ignore', output, 'pipe'] });
  closeSync(output);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  expect({ status, said }).toEqual({ status: 7, said: '' });
});
