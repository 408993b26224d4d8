import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { hasTerminal } from './masque.ts';

const asking = resolve(import.meta.dirname, 'fixtures/asking.ts');

/** What is said at a terminal where this is typed. */
async function said(typed: string, value = ''): Promise<string> {
  const child = spawn(
    'script',
    ['-qec', `'${process.execPath}' '${asking}' '${value === '' ? '' : '-'}'`, '/dev/null'],
    {
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (text.includes('The value:')) child.stdin.write(`${value}\n`);
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

test.skipIf(!hasTerminal)(
  'a value is asked for at a terminal, and not shown; the question comes after it',
  async () => {
    const output = await said('yes', 'SENTINEL');
    expect(output).toContain('end: went on with 8 characters');
    expect(output).not.toContain('SENTINEL');
  },
);
