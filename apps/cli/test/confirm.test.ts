import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { hasTerminal } from './masque.ts';

const asking = resolve(import.meta.dirname, 'fixtures/asking.ts');

/** What is said at a terminal where this is typed. */
async function said(typed: string): Promise<string> {
  const child = spawn('script', ['-qec', `'${process.execPath}' '${asking}'`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (text.includes('Type yes')) child.stdin.write(`${typed}\n`);
  });
  await new Promise((done) => child.once('close', done));
  return output;
}

test.skipIf(!hasTerminal).each([
  ['yes', 'end: went on'],
  [' YES ', 'end: went on'],
  ['y', 'end: not_confirmed'],
  ['', 'end: not_confirmed'],
])('at a terminal, %j', async (typed, end) => {
  const output = await said(typed);
  expect(output).toContain('Erase it? Type yes to go on: ');
  expect(output).toContain(end);
});
