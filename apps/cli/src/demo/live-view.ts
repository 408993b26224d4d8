import { type Replicas, type Snapshot, stages } from '@masque/local-pipeline';
import { createLogUpdate } from 'log-update';
import { count, paint, remark } from '../output/terminal.ts';

export interface LiveView {
  show(snapshot: Snapshot): void;
  end(): void;
}

const width = 24;
/** Without a terminal to draw in, a line so often. */
const plainEveryMs = 2_000;

/** Progress of the stages on standard error: redrawn in a terminal, plain lines elsewhere. */
export function createLiveView(total: number, replicas: Replicas): LiveView {
  const draw = process.stderr.isTTY ? createLogUpdate(process.stderr) : undefined;
  const began = Date.now();
  let lastPlain = began;
  let previous: Snapshot | undefined;

  return {
    show(snapshot) {
      if (draw !== undefined) draw(frame(snapshot, previous, total, replicas));
      else if (snapshot.at - lastPlain >= plainEveryMs) {
        lastPlain = snapshot.at;
        remark(stages.map((stage) => `${stage} ${count(snapshot.stages[stage].messages)}/${count(total)}`).join('  '));
      }
      previous = snapshot;
    },
    end() {
      draw?.clear();
      draw?.done();
    },
  };
}

function frame(snapshot: Snapshot, previous: Snapshot | undefined, total: number, replicas: Replicas): string {
  const seconds = previous === undefined ? 0 : (snapshot.at - previous.at) / 1_000;
  const rows = stages.map((stage) => {
    const { messages, cpuMs, peakRssBytes } = snapshot.stages[stage];
    const before = previous?.stages[stage];
    const rate = seconds > 0 && before !== undefined ? (messages - before.messages) / seconds : 0;
    const cpu = seconds > 0 && before !== undefined ? (cpuMs - before.cpuMs) / seconds / 10 : 0;
    return [
      `  ${stage.padEnd(9)} ×${replicas[stage]}`,
      bar(messages / total),
      `${count(messages).padStart(10)} / ${count(total)}`,
      `${count(rate).padStart(7)}/s`,
      paint(process.stderr, 'dim', `cpu ${count(cpu).padStart(3)} %  peak ${count(peakRssBytes / 2 ** 20)} MiB`),
    ].join('  ');
  });
  return [
    ...rows,
    `  settled       ${bar(snapshot.deleted / total)}  ${count(snapshot.deleted).padStart(10)} / ${count(total)}`,
  ].join('\n');
}

function bar(share: number): string {
  const full = Math.max(0, Math.min(width, Math.floor(share * width)));
  return paint(process.stderr, 'cyan', '█'.repeat(full)) + paint(process.stderr, 'dim', '░'.repeat(width - full));
}
