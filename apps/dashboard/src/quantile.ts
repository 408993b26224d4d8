/**
 * A quantile of a histogram, from the rates of its cumulative buckets by upper bound, the way Prometheus does it:
 * linear within a bucket, and the last finite bound for what lies beyond. Undefined when nothing was observed.
 */
export function quantile(share: number, buckets: Readonly<Record<string, number>>): number | undefined {
  const sorted = Object.entries(buckets)
    .map(([bound, rate]) => ({ bound: bound === '+Inf' ? Infinity : Number(bound), rate }))
    .sort((a, b) => a.bound - b.bound);
  const total = sorted.at(-1)?.rate ?? 0;
  // Rates are differences of floats.
  if (total < 1e-9) return undefined;
  const rank = share * total;
  const at = sorted.findIndex(({ rate }) => rate >= rank - 1e-12);
  const bucket = sorted[at] ?? sorted.at(-1);
  const below = sorted[at - 1] ?? { bound: 0, rate: 0 };
  if (bucket === undefined || bucket.bound === Infinity) return below.bound;
  const inside = bucket.rate - below.rate;
  const part = inside <= 0 ? 1 : (rank - below.rate) / inside;
  return below.bound + (bucket.bound - below.bound) * part;
}
