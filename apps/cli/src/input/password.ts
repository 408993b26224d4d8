import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Fault } from '@masque/fault';

const shortest = 10;

/** Asks for a new password, twice and without showing it; from a pipe it is the first line. @throws {Fault} */
export async function readNewPassword(): Promise<string> {
  const first = await ask('Password: ');
  if (first.length < shortest) throw unfit(`it has fewer than ${shortest} characters`);
  if (process.stdin.isTTY && (await ask('The same again: ')) !== first) throw unfit('the two are not the same');
  return first;
}

async function ask(question: string): Promise<string> {
  // What is typed is drawn by readline, into nothing.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: process.stdin.isTTY });
  if (process.stdin.isTTY) process.stderr.write(question);
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
    if (process.stdin.isTTY) process.stderr.write('\n');
  }
}

function unfit(why: string): Fault {
  return new Fault('password_unfit', `this password will not do: ${why}`, {
    heals: false,
    advice: 'Several words that have nothing to do with each other are easy to keep and hard to guess.',
  });
}
