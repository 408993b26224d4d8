import { parseArgs } from 'node:util';
import { type Replicas, stages } from '@masque/local-pipeline';

export const methods = ['hmac', 'siv', 'vault', 'rsa'] as const;
export type Method = (typeof methods)[number];

/** What can be measured; `floor`, `masque` and `peers` take turns, the others follow. */
export const parts = ['floor', 'masque', 'peers', 'latency', 'ceilings', 'scale'] as const;
export type Part = (typeof parts)[number];

export interface Variant {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
}

export interface Arguments {
  readonly messages: number;
  readonly method: Method;
  readonly repeat: number;
  readonly replicas: Replicas;
  readonly rounds: number;
  readonly only: readonly Part[];
  /** Peers of the caller's own: a name, and the command line of a program. */
  readonly peers: readonly { readonly name: string; readonly argv: readonly string[] }[];
  readonly sizes: readonly number[];
  /** Masque once more, each with some settings beside its defaults. */
  readonly variants: readonly Variant[];
  readonly json: boolean;
  /** Put the results into docs/benchmarks.md. */
  readonly write: boolean;
}

export const usage = `npm run bench -- [--messages N] [--method hmac|siv|vault|rsa] [--repeat 0.9] [--rounds 3]
                 [--replicas extractor=1,masker=1,loader=1] [--only ${parts.join(',')}]
                 [--peer NAME=COMMAND]… [--variant NAME=VALUE]… [--sizes 100000,1000000,5000000] [--json] [--write]

  --messages  so many messages a drain (default 50000)
  --method    what masks the two fields (default hmac)
  --repeat    share of values that were seen before, 0 to 1 (default 0.9)
  --rounds    drains of each contestant, in turn; the medians count (default 3)
  --replicas  processes of each stage (default 1 of each)
  --only      measure these parts and leave the rest out
  --peer      one contestant more: a command that drains SQS_QUEUE_URL into the table bench_logins of DATABASE_URL;
              see apps/bench/src/contestant.ts
  --variant   Masque once more with other settings of its stages, to see what they are worth: SQS_TRANSPORT=sdk,
              or several, as BATCH_MAX=500;SQS_POLLERS=8
  --sizes     message counts of the part \`scale\`
  --json      print one JSON object as the last line
  --write     put the results into docs/benchmarks.md, with plots

Everything runs on this machine, on servers of the bench's own. Linux only: the figures are the operating system's.
`;

/** @throws {Error} whose message says what is wrong */
export function readArguments(args: readonly string[]): Arguments | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      messages: { type: 'string', default: '50000' },
      method: { type: 'string', default: 'hmac' },
      repeat: { type: 'string', default: '0.9' },
      rounds: { type: 'string', default: '3' },
      replicas: { type: 'string', default: '' },
      only: { type: 'string', default: parts.join(',') },
      peer: { type: 'string', multiple: true, default: [] },
      variant: { type: 'string', multiple: true, default: [] },
      sizes: { type: 'string', default: '100000,1000000,5000000' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const repeat = Number(values.repeat);
  if (!(repeat >= 0 && repeat <= 1)) throw new Error('--repeat is no number from 0 to 1');
  return {
    messages: whole('--messages', values.messages, 1_000),
    method: oneOf('--method', values.method, methods),
    repeat,
    replicas: readReplicas(values.replicas),
    rounds: whole('--rounds', values.rounds, 1),
    only: values.only.split(',').map((part) => oneOf('--only', part.trim(), parts)),
    peers: values.peer.map(readPeer),
    variants: values.variant.map((list) => ({
      name: `masque ${list}`,
      settings: Object.fromEntries(list.split(';').map(readSetting)),
    })),
    sizes: values.sizes.split(',').map((size) => whole('--sizes', size, 1_000)),
    json: values.json,
    write: values.write,
  };
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isInteger(value) || value < least) throw new Error(`${name} is no whole number from ${least}`);
  return value;
}

function oneOf<const T extends string>(name: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((each) => each === text);
  if (choice === undefined) throw new Error(`${name} is not of ${choices.join(', ')}`);
  return choice;
}

function readPeer(text: string): Arguments['peers'][number] {
  const [, name, command] = /^([\w-]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || command === undefined) throw new Error('--peer is not like NAME=COMMAND');
  return { name, argv: command.trim().split(/\s+/) };
}

function readSetting(text: string): [string, string] {
  const [, name, value] = /^([A-Z][A-Z\d_]*)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new Error('--variant is not like NAME=VALUE');
  return [name, value];
}

function readReplicas(list: string): Replicas {
  const counts = { extractor: 1, masker: 1, loader: 1 };
  for (const part of list === '' ? [] : list.split(',')) {
    const [, name, number] = /^([a-z]+)=(\d{1,2})$/.exec(part.trim()) ?? [];
    const stage = stages.find((each) => each === name);
    if (stage === undefined || Number(number) < 1)
      throw new Error('--replicas is not like extractor=1,masker=2,loader=1');
    counts[stage] = Number(number);
  }
  return counts;
}
