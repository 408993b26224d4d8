import type { Rekeying } from '@masque/postgres-sink';

const sampleSize = 100;

/** What a dry run tells: how many tokens there are, whether the keys open some of them, and how long all will take. */
export async function tryOut(
  rekeying: Pick<Rekeying, 'oldTokens' | 'sample'>,
  translate: (tokens: readonly string[]) => Promise<readonly (string | undefined)[]>,
) {
  const columns = await rekeying.oldTokens();
  const sample = await rekeying.sample(sampleSize);
  const began = performance.now();
  const made = await translate(sample);
  const msEach = (performance.now() - began) / Math.max(1, sample.length);
  const distinct = Object.values(columns).reduce((sum, each) => sum + each.distinct, 0);
  const refused = made.filter((token) => token === undefined).length;
  return { columns, tried: sample.length, refused, estimatedS: Math.ceil((msEach * distinct) / 1_000) };
}
