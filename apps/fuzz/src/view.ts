import { createLogUpdate } from 'log-update';

/** Progress on standard error: a bar that is drawn over in a terminal, and a line every so often elsewhere. */
export interface View {
  show(done: number): void;
  end(): void;
}

const plainEveryMs = 5_000;
const width = 30;

export function createView(total: number): View {
  const draw = process.stderr.isTTY ? createLogUpdate(process.stderr) : undefined;
  const began = performance.now();
  let shown = began;

  return {
    show(done) {
      const now = performance.now();
      const rate = Math.round((done * 1_000) / (now - began));
      const count = `${done.toLocaleString('en-US')}/${total.toLocaleString('en-US')} bodies, ${rate.toLocaleString('en-US')} a second`;
      if (draw !== undefined) {
        const full = Math.floor((done * width) / total);
        draw(`${'█'.repeat(full)}${'░'.repeat(width - full)} ${count}`);
      } else if (now - shown > plainEveryMs) {
        shown = now;
        process.stderr.write(`${count}\n`);
      }
    },
    end: () => draw?.clear(),
  };
}
