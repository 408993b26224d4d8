import type { Arena } from './arena.ts';
import type { Arguments } from './arguments.ts';
import { command, type Contestant, masque, ownProgram } from './contestant.ts';
import type { Share } from './bill.ts';
import { drain, type Drained } from './drain.ts';
import { type Figure, figureOf } from './figure.ts';
import { loginMessages } from './messages.ts';

export interface Standing {
  readonly rate: Figure;
  readonly cpuUs: Figure;
  readonly shares: Readonly<Record<string, Share>>;
  readonly servers: Drained['servers'];
  readonly startMs: Readonly<Record<string, number>>;
  readonly messages: number;
}

export interface Contest {
  readonly standings: Readonly<Record<string, Standing>>;
  /** Masque ÷ floor, of the medians; absent where one of the two was left out. */
  readonly ratios: { readonly cpu: number; readonly rate: number } | undefined;
}

/** A row at a time takes its time; so many fewer messages tell as much. */
const rowAtATimeShare = 10;

/** Every contestant drains the same messages, one after the other and round by round, so that a slow minute hits all. */
export async function contest(
  arena: Arena,
  options: Arguments,
  onRound: (round: number, name: string, drained: Drained) => void,
  signal: AbortSignal,
): Promise<Contest> {
  const field = contestants(options);
  const results = new Map<string, Drained[]>();
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const { contestant, messages } of field) {
      const drained = await drain(arena, contestant, loginMessages(messages, options.repeat), signal);
      results.set(contestant.name, [...(results.get(contestant.name) ?? []), drained]);
      onRound(round, contestant.name, drained);
    }
  }
  const standings = Object.fromEntries(
    field.map(({ contestant: { name }, messages }) => [name, standingOf(results.get(name) ?? [], messages)]),
  );
  const { floor, masque: ours } = standings;
  return {
    standings,
    ratios:
      floor === undefined || ours === undefined
        ? undefined
        : { cpu: ours.cpuUs.median / floor.cpuUs.median, rate: ours.rate.median / floor.rate.median },
  };
}

function contestants({
  only,
  method,
  messages,
  replicas,
  variants,
  peers,
}: Arguments): { contestant: Contestant; messages: number }[] {
  const few = Math.max(1_000, Math.round(messages / rowAtATimeShare));
  return [
    ...(only.includes('floor') ? [{ contestant: command('floor', ownProgram('floor'), false), messages }] : []),
    ...(only.includes('masque') ? [{ contestant: masque(replicas), messages }] : []),
    ...variants.map((variant) => ({ contestant: masque(replicas, variant), messages })),
    // Peers that leave the vault's entries out would mask less, and nobody could open what they made.
    ...(only.includes('peers') && method !== 'vault'
      ? [
          { contestant: command('sqs-consumer + pg', ownProgram('row-at-a-time')), messages: few },
          { contestant: command('one process', ownProgram('one-process')), messages },
          ...peers.map(({ name, argv }) => ({ contestant: command(name, argv), messages })),
        ]
      : []),
  ];
}

function standingOf(rounds: readonly Drained[], messages: number): Standing {
  const median = (of: (drained: Drained) => number): number => figureOf(rounds.map(of)).median;
  const shareOf = (of: (drained: Drained) => Share | undefined): Share => ({
    cpuUs: median((each) => of(each)?.cpuUs ?? 0),
    // The most that any round needed.
    rssMb: figureOf(rounds.map((each) => of(each)?.rssMb ?? 0)).max,
  });
  const [first] = rounds;
  return {
    messages,
    rate: figureOf(rounds.map(({ rate }) => rate)),
    cpuUs: figureOf(rounds.map(({ cpuUs }) => cpuUs)),
    shares: Object.fromEntries(
      Object.keys(first?.shares ?? {}).map((name) => [name, shareOf(({ shares }) => shares[name])]),
    ),
    servers: {
      sqs: shareOf(({ servers }) => servers.sqs),
      redis: shareOf(({ servers }) => servers.redis),
      postgres: shareOf(({ servers }) => servers.postgres),
    },
    startMs: Object.fromEntries(
      Object.keys(first?.startMs ?? {}).map((name) => [name, median(({ startMs }) => startMs[name] ?? 0)]),
    ),
  };
}
