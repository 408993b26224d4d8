import type { Draw, Mishap } from './mishap.ts';
import type { Random } from './random.ts';

export interface Planned {
  readonly mishap: Mishap;
  /** After the beginning of its round; milliseconds. */
  readonly afterMs: number;
  readonly draw: Draw;
}

/** Mishaps that overlap. Rounds follow each other; each has its share of the messages. */
export type Round = readonly Planned[];

/** Most mishaps of a round: two troubles at once find what one does not. */
const mostAtOnce = 3;

/** Every mishap once, in rounds whose members strike different things. */
export function plan(mishaps: readonly Mishap[], random: Random, scale: number): Round[] {
  const waiting = random.shuffled(mishaps);
  const rounds: Planned[][] = [];
  while (waiting.length > 0) {
    const size = random.between(1, mostAtOnce);
    const struck = new Set<string>();
    const round: Planned[] = [];
    for (let at = 0; at < waiting.length && round.length < size;) {
      const mishap = waiting[at];
      if (mishap === undefined || mishap.strikes.some((each) => struck.has(each))) {
        at += 1;
        continue;
      }
      waiting.splice(at, 1);
      for (const each of mishap.strikes) struck.add(each);
      const own = random.fork(mishap.name);
      round.push({ mishap, afterMs: own.between(0, Math.round(1_000 * scale)), draw: mishap.draw(own, scale) });
    }
    rounds.push(round);
  }
  return rounds;
}

/** One line a mishap. */
export function describe(rounds: readonly Round[]): string[] {
  return rounds.flatMap((round, at) =>
    round.map(({ mishap, afterMs, draw }) => {
      const particulars = Object.entries(draw).map(([name, value]) => `${name}=${value}`);
      return `${String(at + 1).padStart(3)}  +${String(afterMs).padStart(4)} ms  ${mishap.name.padEnd(30)} ${particulars.join(' ')}`.trimEnd();
    }),
  );
}
