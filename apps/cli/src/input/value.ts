import { Fault } from '@masque/fault';
import { remark } from '../output/terminal.ts';
import { readLines } from './lines.ts';
import { askSecret, canAsk } from './secret.ts';

/** What every command says of its value. */
export const valueDescription =
  'the value, or - for standard input, so that it stands neither in the shell’s history nor in the list of processes';

/**
 * A personal value as it was given: as an argument, or as the only line of standard input. A person at a terminal is
 * asked for it, and it is not shown.
 * @throws {Fault} `value_missing`, and those of `readLines`
 */
export async function readValue(argument: string): Promise<string> {
  if (argument !== '-') return argument;
  const lines = canAsk() ? [(await askSecret('The value: ')) ?? ''] : await readWords('The value, then Ctrl-D.');
  const [value, second] = lines;
  if (value !== undefined && second === undefined) return value;
  throw new Fault('value_missing', `standard input holds ${lines.length} lines where one value was expected`, {
    heals: false,
    advice: 'Give the value as one line.',
    details: { lines: lines.length },
  });
}

/** Tokens as arguments, or as the lines of standard input where one of them is `-`. */
export async function readTokens(given: readonly string[]): Promise<string[]> {
  if (!given.includes('-')) return [...given];
  const lines = (await readWords('One token a line; Ctrl-D ends.')).map((line) => line.trim());
  const tokens = given.flatMap((word) => (word === '-' ? lines : [word])).filter((token) => token !== '');
  if (tokens.length > 0) return tokens;
  throw new Fault('value_missing', 'standard input holds no token', {
    heals: false,
    advice: 'Give tokens one a line.',
  });
}

async function readWords(hint: string): Promise<string[]> {
  if (process.stdin.isTTY) remark(hint);
  const words: string[] = [];
  for await (const lines of readLines('-')) words.push(...lines.map(({ text }) => text));
  return words;
}
