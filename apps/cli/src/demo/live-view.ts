import { type Replicas, type Snapshot, stages } from '@masque/local-pipeline';
import { createLogUpdate } from 'log-update';
import { columnsOf, count, isLive, paint, remark } from '../output/terminal.ts';

/** Progress of the stages on standard error: drawn over in a terminal, plain lines elsewhere. */
export interface LiveView {
  show(snapshot: Snapshot): void;
  /** Leaves the last frame standing, with rates over the whole of the work. */
  finish(snapshot: Snapshot): void;
  /** Takes the frame away. */
  clear(): void;
}

/** Without a terminal to draw in, a line so often. */
const plainEveryMs = 2_000;
/** What a rate is taken over: ten looks jump too much to be read. */
const rateOverMs = 2_000;

export function createLiveView(total: number, replicas: Replicas): LiveView {
  const draw = isLive(process.stderr) ? createLogUpdate(process.stderr) : undefined;
  const recent: Snapshot[] = [];
  let first: Snapshot | undefined;
  let lastPlain = Date.now();

  return {
    show(snapshot) {
      first ??= snapshot;
      recent.push(snapshot);
      while (recent.length > 2 && snapshot.at - (recent[0]?.at ?? 0) > rateOverMs) recent.shift();
      if (draw !== undefined) {
        draw(frame(snapshot, recent[0], total, replicas, columnsOf(process.stderr)).join('\n'));
      } else if (snapshot.at - lastPlain >= plainEveryMs) {
        lastPlain = snapshot.at;
        remark(
          `  ${stages.map((stage) => `${stage} ${count(snapshot.stages[stage].messages)}`).join(', ')} of ${count(total)}`,
        );
      }
    },
    finish(snapshot) {
      draw?.(frame(snapshot, first, total, replicas, columnsOf(process.stderr)).join('\n'));
      draw?.done();
    },
    clear() {
      draw?.clear();
      draw?.done();
    },
  };
}

/** Lines of at most `columns - 1` characters; the bar takes what the numbers leave. */
export function frame(
  now: Snapshot,
  before: Snapshot | undefined,
  total: number,
  replicas: Replicas,
  columns: number,
): string[] {
  const seconds = before === undefined ? 0 : (now.at - before.at) / 1_000;
  const perSecond = (value: number, earlier: number | undefined): number =>
    seconds > 0 && earlier !== undefined ? (value - earlier) / seconds : 0;
  const rows = [
    ...stages.map((stage) => {
      const { messages, cpuMs } = now.stages[stage];
      const earlier = before?.stages[stage];
      return {
        name: `${stage} ×${replicas[stage]}`,
        done: messages,
        rate: perSecond(messages, earlier?.messages),
        cpu: `cpu ${count(perSecond(cpuMs, earlier?.cpuMs) / 10).padStart(3)} %`,
      };
    }),
    { name: 'settled', done: now.deleted, rate: perSecond(now.deleted, before?.deleted), cpu: '' },
  ];
  const nameWidth = Math.max(...rows.map(({ name }) => name.length));
  const numbers = (done: number, rate: number): string =>
    `${count(done).padStart(count(total).length)} / ${count(total)}  ${`${count(rate)}/s`.padStart(8)}`;
  const withCpu = columns >= 72;
  const taken = 2 + nameWidth + 2 + 2 + numbers(total, 0).length + (withCpu ? 2 + 'cpu 100 %'.length : 0);
  const width = Math.max(4, Math.min(32, columns - 1 - taken));
  return rows.map(({ name, done, rate, cpu }) => {
    const line = `  ${name.padEnd(nameWidth)}  ${bar(done / total, width)}  ${numbers(done, rate)}`;
    return withCpu && cpu !== '' ? `${line}  ${paint(process.stderr, 'dim', cpu)}` : line;
  });
}

/** In steps of half a column. */
function bar(share: number, width: number): string {
  const halves = Math.max(0, Math.min(2 * width, Math.floor(share * 2 * width)));
  const done = '━'.repeat(halves >> 1) + (halves % 2 === 1 ? '╸' : '');
  return paint(process.stderr, 'cyan', done) + paint(process.stderr, 'dim', '─'.repeat(width - done.length));
}
