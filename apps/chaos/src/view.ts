import { createLogUpdate } from 'log-update';
import type { Arena } from './arena.ts';
import { backlog } from './quiet.ts';

/** Progress on standard error: one line, redrawn in a terminal and repeated every so often elsewhere. */
export interface View {
  note(line: string): void;
  round(text: string): void;
  /** Looks at the stores until the signal. */
  watch(arena: Arena, signal: AbortSignal): Promise<void>;
}

const plainEveryMs = 5_000;
const drawEveryMs = 500;

export function createView(total: number): View {
  const draw = process.stderr.isTTY ? createLogUpdate(process.stderr) : undefined;
  let round = '';

  return {
    note(line) {
      draw?.clear();
      process.stderr.write(`${line}\n`);
    },
    round(text) {
      round = text;
    },
    async watch(arena, signal) {
      while (!signal.aborted) {
        const [left, settled] = await Promise.all([
          backlog(arena),
          arena.pool.query<{ count: string }>('select count(*) from masque.ledger').catch(() => undefined),
        ]);
        const count = settled?.rows[0]?.count ?? '?';
        const waiting = left === undefined ? 'not known' : `${left.queue} in SQS, ${left.batches} batches in Redis`;
        const line = `${round}  sent ${arena.post.sent.size}/${total}  settled ${count}  left: ${waiting}`;
        if (draw === undefined) process.stderr.write(`${line}\n`);
        else draw(line);
        await pause(draw === undefined ? plainEveryMs : drawEveryMs, signal);
      }
      draw?.done();
    },
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
