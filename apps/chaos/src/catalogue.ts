import type { Mishap } from './mishap.ts';
import { logMishaps } from './mishaps/log.ts';
import { postgresMishaps } from './mishaps/postgres.ts';
import { redisMishaps } from './mishaps/redis.ts';
import { sqsMishaps } from './mishaps/sqs.ts';
import { stageMishaps } from './mishaps/stage.ts';

/** Everything that can happen, by name. */
export const catalogue: readonly Mishap[] = [
  ...stageMishaps,
  ...redisMishaps,
  ...postgresMishaps,
  ...sqsMishaps,
  ...logMishaps,
];

/** `loader:kill`, or `loader` for all that begins with `loader:`. @throws {RangeError} a name that nothing has */
export function chosen(names: readonly string[]): Mishap[] {
  const found = new Set<Mishap>();
  for (const name of names) {
    const matches = catalogue.filter((mishap) => mishap.name === name || mishap.name.startsWith(`${name}:`));
    if (matches.length === 0) throw new RangeError(name);
    for (const mishap of matches) found.add(mishap);
  }
  return [...found];
}
