import { createInterface } from 'node:readline/promises';
import { Fault } from '@masque/fault';

/**
 * Resolves when a person at the terminal says yes.
 * @throws {Fault} `not_confirmed` when they do not, or when there is no terminal to ask at
 */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY) throw notConfirmed('Look at what it says, then run it again with --yes.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} Type yes to go on: `);
    if (answer.trim().toLowerCase() !== 'yes') throw notConfirmed('Type the whole word to go on, or give --yes.');
  } finally {
    terminal.close();
  }
}

function notConfirmed(advice: string): Fault {
  return new Fault('not_confirmed', 'nothing was changed, as nobody confirmed it', { heals: false, advice });
}
