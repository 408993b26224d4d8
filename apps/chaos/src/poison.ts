/** What a preloaded replica is to suffer, as environment variables. */
export interface Poison {
  /** Name of a diagnostics channel. */
  readonly point: string | undefined;
  /** The passage of the point at which it happens; 1 is the first. */
  readonly nth: number;
  readonly signal: NodeJS.Signals;
  readonly clockSetBackMs: number;
  /** How long after its start the clock is set back. */
  readonly clockAfterMs: number;
}

const preload = new URL('./preload.ts', import.meta.url).href;

/** Settings of a replica that suffers. Only this package reads the names. */
export function poisonSettings(poison: Partial<Poison>): Record<string, string> {
  return { NODE_OPTIONS: `--import=${preload}`, CHAOS_POISON: JSON.stringify(poison) };
}

export function readPoison(env: NodeJS.ProcessEnv): Poison {
  const given = JSON.parse(env['CHAOS_POISON'] ?? '{}') as Partial<Poison>;
  return { point: undefined, nth: 1, signal: 'SIGKILL', clockSetBackMs: 0, clockAfterMs: 0, ...given };
}
