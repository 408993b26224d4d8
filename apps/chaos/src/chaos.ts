import { type Arena, openArena, visibilityTimeoutS } from './arena.ts';
import type { Arguments } from './arguments.ts';
import { carryOut } from './campaign.ts';
import { children, isAlive } from './processes.ts';
import { untilQuiet } from './quiet.ts';
import { createRandom, type Random } from './random.ts';
import { reckon } from './reckoning.ts';
import type { Report } from './report.ts';
import { describe, plan, type Round } from './schedule.ts';
import { createSecrecy } from './secrecy.ts';
import { type Good, traffic } from './traffic.ts';
import type { View } from './view.ts';

/** A replica that died holds its batch for a lock, SQS a message for its visibility; some are lost more than once. */
const quietWithinMs = 60_000 + 6 * visibilityTimeoutS * 1_000;

/** Exit statuses that say that waiting would not have helped; every outage here heals. */
const wrongEnds: ReadonlySet<number | null> = new Set([64, 70, 78]);

type Scheduled = Pick<Arguments, 'seed' | 'mishaps' | 'scale' | 'outageMs'>;

export function schedule({ seed, mishaps, scale, outageMs }: Scheduled): Round[] {
  const rounds = plan(mishaps, createRandom(`chaos/${seed}`), scale);
  if (outageMs === undefined) return rounds;
  return rounds.map((round) =>
    round.map((planned) =>
      planned.mishap.name.endsWith(':outage') ? { ...planned, draw: { ...planned.draw, ms: outageMs } } : planned,
    ),
  );
}

export async function runChaos(
  options: Arguments & { readonly view: View; readonly signal: AbortSignal },
): Promise<Report> {
  const began = performance.now();
  const { view, signal } = options;
  const rounds = schedule(options);
  const before = new Set(children());
  const arena = await openArena({ replicas: options.replicas, signal, onProgress: (what) => view.note(`  ${what}`) });
  let result: Omit<Report, 'seconds'> | undefined;
  let statuses: readonly (number | null)[];
  const pids = [arena.stack.postgres.pid, arena.stack.redis.pid, arena.stack.sqs.pid];
  try {
    result = await happen(arena, rounds, options);
  } finally {
    pids.push(arena.stack.postgres.pid, arena.stack.redis.pid, arena.stack.sqs.pid);
    pids.push(...arena.local.processes.map(({ pid }) => pid));
    const failed = result === undefined || result.violations.length > 0;
    statuses = await arena.close(failed);
    if (failed) view.note(`  the stages’ logs are in ${arena.local.logDir}`);
  }
  const left = [
    ...pids.filter((pid) => pid !== undefined && isAlive(pid)),
    ...children().filter((pid) => !before.has(pid)),
  ];
  return {
    ...result,
    seconds: (performance.now() - began) / 1_000,
    violations: [
      ...result.violations,
      ...statuses.flatMap((status) =>
        status === 0 ? [] : [`at the end a stage ended with status ${status ?? 'none'}`],
      ),
      ...left.map((pid) => `process ${pid} is still running`),
    ],
  };
}

async function happen(
  arena: Arena,
  rounds: readonly Round[],
  { view, signal, seed, messages }: Arguments & { readonly view: View; readonly signal: AbortSignal },
): Promise<Omit<Report, 'seconds'>> {
  const random = createRandom(`traffic/${seed}`);
  const canaryCount = rounds.flat().length;
  const secrecy = createSecrecy(arena);
  const watching = new AbortController();
  const watches = [secrecy.watch(watching.signal), view.watch(arena, watching.signal)];
  try {
    const outcomes = await carryOut({
      arena,
      rounds,
      messages: traffic(random, 'user')
        .take(Math.max(0, messages - canaryCount))
        .toArray(),
      canaries: canaries(random),
      signal,
      onRound: (round) => view.round(`round ${round}/${rounds.length}`),
      onOutcome: ({ name, did, recoveredMs }) =>
        view.note(
          `  ${name}: ${did}; ${recoveredMs === undefined ? 'no recovery seen' : `recovered in ${recoveredMs} ms`}`,
        ),
    });
    view.round('settling');
    const { tookMs, left } = await untilQuiet(arena, quietWithinMs, signal);
    watching.abort();
    await Promise.all(watches);
    await secrecy.lookEverywhere();
    const { violations, ...reckoning } = await reckon(arena);
    const { ownEnds } = arena.crew;
    return {
      seed,
      schedule: describe(rounds),
      outcomes,
      reckoning,
      quietAfterMs: tookMs,
      ownEnds: [...ownEnds],
      redisLooks: secrecy.looks,
      violations: [
        ...(left === undefined
          ? []
          : [
              `not quiet within ${quietWithinMs / 1_000} s: ${left.queue} messages in SQS, ${left.batches} batches in Redis`,
            ]),
        ...violations,
        ...[...secrecy.found].map((what) => `a planted value: ${what}`),
        ...arena.complaints,
        ...ownEnds
          .filter(({ status }) => wrongEnds.has(status))
          .map(({ stage, status }) => `a ${stage} ended by itself with status ${status}, as if waiting could not help`),
      ],
    };
  } finally {
    watching.abort();
    await Promise.all(watches);
  }
}

function* canaries(random: Random): Generator<Good, never> {
  for (const message of traffic(random.fork('canaries'), 'canary')) if ('user' in message) yield message;
  throw new Error('the traffic has no end');
}
