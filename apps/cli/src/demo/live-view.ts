import { type Replicas, type Snapshot, stages } from '@masque/local-pipeline';
import { createLogUpdate } from 'log-update';
import { bar, columnsOf, count, isLive, paint, remark } from '../output/terminal.ts';

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
/** Columns of the `^C` that a terminal puts before a line when Ctrl-C is pressed there. */
const echoed = 2;
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
        draw(frame(snapshot, recent[0], total, replicas, columnsOf(process.stderr) - echoed).join('\n'));
      } else if (snapshot.at - lastPlain >= plainEveryMs) {
        lastPlain = snapshot.at;
        remark(
          `  ${stages.map((stage) => `${stage} ${count(snapshot.stages[stage].messages)}`).join(', ')} of ${count(total)}`,
        );
      }
    },
    finish(snapshot) {
      draw?.(frame(snapshot, first, total, replicas, columnsOf(process.stderr) - echoed).join('\n'));
      draw?.done();
    },
    clear() {
      draw?.clear();
      draw?.done();
    },
  };
}

/** The bar takes what the numbers leave; where that is less than the first, there are fewer numbers. */
const [narrowestBar, widestBar] = [8, 32];

/** Lines shorter than `columns`, as a terminal breaks one that fills it. */
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
      const cpu = perSecond(cpuMs, earlier?.cpuMs) / 10;
      const name = `${stage} ×${replicas[stage]}`;
      return {
        name,
        done: messages,
        rate: perSecond(messages, earlier?.messages),
        cpu: `cpu ${count(cpu).padStart(3)} %`,
      };
    }),
    { name: 'settled', done: now.deleted, rate: perSecond(now.deleted, before?.deleted), cpu: '' },
  ];
  const names = column(rows.map(({ name }) => name.padEnd('extractor ×1'.length)));
  const wide = [
    column(rows.map(({ done }) => `${count(done)} / ${count(total)}`.padStart(15))),
    column(rows.map(({ rate }) => `${count(rate)}/s`.padStart(8))),
    column(rows.map(({ cpu }) => cpu.padStart(9))),
  ];
  const narrow = [column(rows.map(({ done }) => `${Math.floor((100 * done) / total)} %`.padStart(5)))];
  const room = (numbers: readonly Column[]): number =>
    columns - 1 - [names, ...numbers].reduce((sum, { width }) => sum + width + 2, 2);
  const numbers = [wide, wide.slice(0, 2), wide.slice(0, 1)].find((some) => room(some) >= narrowestBar) ?? narrow;
  const width = Math.max(1, Math.min(widestBar, room(numbers)));
  return rows.map(({ name, done }, at) => {
    const cells = numbers.map((each) => (each.cells[at] ?? '').padStart(each.width));
    if (cells.length === wide.length) cells.push(paint(process.stderr, 'dim', cells.pop() ?? ''));
    return `  ${[name.padEnd(names.width), bar(done / total, width), ...cells].join('  ')}`.trimEnd();
  });
}

interface Column {
  readonly cells: readonly string[];
  readonly width: number;
}

function column(cells: readonly string[]): Column {
  return { cells, width: Math.max(...cells.map((cell) => cell.length)) };
}
