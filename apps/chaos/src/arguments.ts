import { parseArgs } from 'node:util';
import { type Replicas, stages } from '@masque/local-pipeline';
import { catalogue, chosen } from './catalogue.ts';
import type { Mishap } from './mishap.ts';

export interface Arguments {
  readonly messages: number;
  readonly seed: string;
  readonly mishaps: readonly Mishap[];
  readonly replicas: Replicas;
  /** Of durations. */
  readonly scale: number;
  /** Of outages, where they are to last longer than seconds. */
  readonly outageMs?: number;
  readonly json: boolean;
  /** Print the schedule and do nothing. */
  readonly dryRun: boolean;
}

export const usage = `npm run chaos -- [--messages N] [--seed S] [--faults a,b,…] [--replicas extractor=2,masker=2,loader=2]
                 [--quick] [--outage-s N] [--dry-run] [--json]

  --messages  so many messages (default 20000)
  --seed      decides the schedule and the messages (default 1)
  --faults    only these, by name or by what they strike (redis, sqs, loader, …); default: all
  --replicas  processes of each stage (default 2 of each)
  --quick     outages of 3 s in place of 15 s, and the like
  --outage-s  outages of so many seconds: with --faults postgres:outage or redis:outage, no receive count may climb
  --dry-run   print the schedule, and do nothing
  --json      print one JSON object as the last line

Faults: ${catalogue.map(({ name }) => name).join(', ')}
`;

/** @throws {Error} whose message says what is wrong */
export function readArguments(args: readonly string[]): Arguments | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      messages: { type: 'string', default: '20000' },
      seed: { type: 'string', default: '1' },
      faults: { type: 'string' },
      replicas: { type: 'string', default: '' },
      quick: { type: 'boolean', default: false },
      'outage-s': { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const messages = Number(values.messages.replaceAll('_', ''));
  if (!Number.isInteger(messages) || messages < 1) throw new Error('--messages is no whole number from 1');
  const outageS = values['outage-s'] === undefined ? undefined : Number(values['outage-s']);
  if (outageS !== undefined && !(outageS > 0)) throw new Error('--outage-s is no number above 0');
  return {
    messages,
    seed: values.seed,
    mishaps: values.faults === undefined ? catalogue : readFaults(values.faults),
    replicas: readReplicas(values.replicas),
    scale: values.quick ? 0.2 : 1,
    ...(outageS === undefined ? {} : { outageMs: outageS * 1_000 }),
    json: values.json,
    dryRun: values['dry-run'],
  };
}

function readFaults(list: string): Mishap[] {
  try {
    return chosen(list.split(',').map((name) => name.trim()));
  } catch (error) {
    throw new Error(`--faults names ${(error as Error).message}, which is no fault`, { cause: error });
  }
}

function readReplicas(list: string): Replicas {
  const counts = { extractor: 2, masker: 2, loader: 2 };
  for (const part of list === '' ? [] : list.split(',')) {
    const [, name, number] = /^([a-z]+)=(\d{1,2})$/.exec(part.trim()) ?? [];
    const stage = stages.find((each) => each === name);
    if (stage === undefined || Number(number) < 1)
      throw new Error('--replicas is not like extractor=2,masker=2,loader=2');
    counts[stage] = Number(number);
  }
  return counts;
}
