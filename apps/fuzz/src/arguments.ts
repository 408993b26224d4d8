import { parseArgs } from 'node:util';

export interface Arguments {
  readonly bodies: number;
  readonly seed: string;
  readonly json: boolean;
}

export const usage = `npm run fuzz -- [--bodies N] [--seed S] [--json]

Takes made-up bodies (records in every spelling, records with bytes changed, and bytes at random) through the stages' own
code into a PostgreSQL of its own, and looks where each of them ended.

  --bodies  so many bodies (default 100000)
  --seed    decides the bodies (default 1)
  --json    print one JSON object as the last line

Exit status: 0 every body ended in exactly one place; 1 some promise was broken, or a server failed; 64 wrong usage
`;

/** @throws {Error} whose message says what is wrong */
export function readArguments(args: readonly string[]): Arguments | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      bodies: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const bodies = Number(values.bodies.replaceAll('_', ''));
  if (!Number.isInteger(bodies) || bodies < 1) throw new Error('--bodies is no whole number from 1');
  return { bodies, seed: values.seed, json: values.json };
}
