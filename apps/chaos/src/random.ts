/** What a seed decides. Draws depend on the name they are made under, so that adding one fault changes no other's. */
export interface Random {
  /** 0 up to but not including 1. */
  next(): number;
  /** A whole number, both ends included. */
  between(low: number, high: number): number;
  pick<T>(from: readonly T[]): T;
  shuffled<T>(from: readonly T[]): T[];
  /** Another sequence, the same for the same name. */
  fork(name: string): Random;
}

export function createRandom(seed: string): Random {
  const next = mulberry32(fnv1a(seed));
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    between,
    pick: <T>(from: readonly T[]): T => from[between(0, from.length - 1)] as T,
    shuffled<T>(from: readonly T[]): T[] {
      const list = [...from];
      for (let at = list.length - 1; at > 0; at -= 1) {
        const other = between(0, at);
        [list[at], list[other]] = [list[other] as T, list[at] as T];
      }
      return list;
    },
    fork: (name) => createRandom(`${seed}/${name}`),
  };
}

/** Fowler, Noll and Vo's hash, 32 bits: spreads names over the generator's states. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** A small seeded generator (Tommy Ettinger's mulberry32): repeatable, and good enough to plan trouble. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
