import { constants } from 'node:os';

/** Whether there is a person at a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/**
 * A line that is typed and not shown. Undefined when it is empty, or the input ends. The question goes to standard
 * error, so that standard output holds nothing but the answer.
 */
export async function askSecret(question: string): Promise<string | undefined> {
  const { stdin, stderr } = process;
  const { promise, resolve } = Promise.withResolvers<string>();
  let typed = '';
  const take = (text: string): void => {
    for (const character of text) {
      if (character === '\r' || character === '\n' || character === '\u0004') return resolve(typed);
      // In raw mode a terminal sends Ctrl-C as what it is.
      if (character === '\u0003') return leave();
      typed =
        character === '\u007f' || character === '\b' ? Array.from(typed).slice(0, -1).join('') : typed + character;
    }
  };
  const leave = (): void => {
    stdin.setRawMode(false);
    stderr.write('\n');
    process.exit(128 + constants.signals.SIGINT);
  };
  // Before it is asked: what is typed at once would be shown.
  stdin.setRawMode(true).setEncoding('utf8').on('data', take).resume();
  stderr.write(question);
  try {
    const line = await promise;
    return line === '' ? undefined : line;
  } finally {
    stdin.off('data', take).pause().setRawMode(false);
    stderr.write('\n');
  }
}
