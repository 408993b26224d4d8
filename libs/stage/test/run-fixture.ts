import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';

export type Line = Readonly<Record<string, unknown>> & { readonly event: string };

export const token = 'SENTINEL-4711';

/** The fixture as a process, with no environment but what is given. */
export function runFixture(
  { onTestFinished }: Pick<TestContext, 'onTestFinished'>,
  behaviour: string,
  { env = {}, args = [] }: { readonly env?: Readonly<Record<string, string>>; readonly args?: readonly string[] } = {},
) {
  const path = fileURLToPath(new URL('./fixtures/stage.ts', import.meta.url));
  const child = spawn(process.execPath, [path, ...args], {
    env: { TOKEN: token, BEHAVIOUR: behaviour, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));

  const lines: Line[] = [];
  const output = { stdout: '', stderr: '' };
  const arrivals = new EventTarget();
  child.stderr.on('data', (chunk) => (output.stderr += String(chunk)));
  createInterface(child.stdout).on('line', (line) => {
    output.stdout += `${line}\n`;
    if (line.startsWith('{')) lines.push(JSON.parse(line) as Line);
    arrivals.dispatchEvent(new Event('line'));
  });
  // 'close', not 'exit': the output has ended too.
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;

  return {
    lines,
    output,
    signal: (signal: NodeJS.Signals) => void child.kill(signal),
    /** The exit status; a process that a signal ended has none. */
    exit: closed.then(([code, signal]) => code ?? signal),
    /** The first line of that event. */
    async said(event: string): Promise<Line> {
      for (;;) {
        const line = lines.find((each) => each.event === event);
        if (line !== undefined) return line;
        const ended = await Promise.race([closed.then(() => true), once(arrivals, 'line').then(() => false)]);
        if (ended && !lines.some((each) => each.event === event)) throw new Error(`it ended before "${event}"`);
      }
    },
  };
}
