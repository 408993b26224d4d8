import type { Arena } from './arena.ts';
import type { Random } from './random.ts';

/** What a mishap needs to itself: two of one round never strike the same. */
export type Struck = 'extractor' | 'masker' | 'loader' | 'redis' | 'postgres' | 'sqs';

/** A mishap's particulars, as the seed decided them and the schedule prints them. */
export type Draw = Readonly<Record<string, string | number>>;

/** One kind of trouble. (Masque's own word `Fault` is for errors.) */
export interface Mishap {
  /** `redis:flush`: whom it strikes, and how. */
  readonly name: string;
  readonly strikes: readonly Struck[];
  /** @param scale of durations: 1, or less for a quick run */
  draw(random: Random, scale: number): Draw;
  /** Resolves when the mishap is over, with what it did. */
  run(arena: Arena, draw: Draw): Promise<string>;
}

export function defineMishap<D extends Draw>(mishap: {
  readonly name: string;
  readonly strikes: readonly Struck[];
  readonly draw: (random: Random, scale: number) => D;
  readonly run: (arena: Arena, draw: D) => Promise<string>;
}): Mishap {
  return mishap;
}
