import type { CountedReplica } from '@masque/job-queue';

/**
 * Counters of every replica over the last half minute, as rates of the whole pipeline.
 *
 * - A replica that is new has no rate before its second beat: what it counted before the first look would be a spike.
 * - One that started anew under its old name (a container's) counts from nothing again.
 * - One that is gone takes its share of the rate with it; what it had counted is history.
 */
export interface Tally {
  add(replicas: readonly CountedReplica[]): void;
  /** A second, over the last `seconds`, of all series of a counter; undefined when no replica tells it. */
  rate(name: string, seconds: number): number | undefined;
  /** The same, a series each, by its label's value. */
  rates(name: string, seconds: number): Readonly<Record<string, number>>;
  /** The newest of a gauge that is the same at each replica, by its label's value. */
  latest(name: string): Readonly<Record<string, number>>;
}

interface Sample {
  readonly at: number;
  readonly figures: Readonly<Record<string, number>>;
}

const memoryMs = 35_000;

export function createTally(): Tally {
  const replicas = new Map<string, Sample[]>();

  function seriesOf(name: string, seconds: number): Map<string, number> {
    const found = new Map<string, number>();
    for (const samples of replicas.values()) {
      const last = samples.at(-1);
      if (last === undefined) continue;
      const first = samples.find(({ at }) => at >= last.at - seconds * 1_000 - 500) ?? last;
      const tookS = (last.at - first.at) / 1_000;
      for (const [series, value] of Object.entries(last.figures)) {
        if (series !== name && !series.startsWith(`${name}{`)) continue;
        const rate = tookS === 0 ? 0 : (value - (first.figures[series] ?? 0)) / tookS;
        found.set(series, (found.get(series) ?? 0) + rate);
      }
    }
    return found;
  }

  return {
    add(seen) {
      const keys = new Set<string>();
      for (const { stage, replica, at, figures } of seen) {
        const key = `${stage}/${replica}`;
        keys.add(key);
        const samples = replicas.get(key) ?? [];
        const last = samples.at(-1);
        if (last !== undefined && isLess(figures, last.figures)) samples.length = 0;
        if (last === undefined || at > last.at) samples.push({ at, figures });
        replicas.set(
          key,
          samples.filter((sample) => sample.at > at - memoryMs),
        );
      }
      for (const key of replicas.keys()) if (!keys.has(key)) replicas.delete(key);
    },
    rate(name, seconds) {
      const series = seriesOf(name, seconds);
      return series.size === 0 ? undefined : [...series.values()].reduce((sum, rate) => sum + rate, 0);
    },
    rates: (name, seconds) =>
      Object.fromEntries([...seriesOf(name, seconds)].map(([series, rate]) => [labelOf(series), rate])),
    latest(name) {
      const newest = [...replicas.values()]
        .flatMap((samples) => samples.at(-1) ?? [])
        .filter(({ figures }) => Object.keys(figures).some((series) => series.startsWith(`${name}{`)))
        .sort((a, b) => b.at - a.at)[0];
      const own = Object.entries(newest?.figures ?? {}).filter(([series]) => series.startsWith(`${name}{`));
      return Object.fromEntries(own.map(([series, value]) => [labelOf(series), value]));
    },
  };
}

/** `name{label="value"}`: the figures that are announced have one label, or none. */
function labelOf(series: string): string {
  return /="(.*)"\}$/.exec(series)?.[1] ?? '';
}

/** A counter never falls but by a new start. Gauges may, and are the ones without `_total`, `_bucket` and the like. */
function isLess(now: Sample['figures'], before: Sample['figures']): boolean {
  return Object.entries(now).some(
    ([series, value]) => /_(total|bucket|sum|count)(\{|$)/.test(series) && value < (before[series] ?? 0),
  );
}
