import { parseArgs } from 'node:util';
import { startLocalStack } from '@masque/local-stack';
import { stages } from '@masque/local-pipeline';
import { runTool } from '@masque/tool';
import { loads } from './load.ts';
import { measure, type Peaks } from './measure.ts';

const usage = `npm run memory -- [--messages N] [--body-bytes N] [--limit-mb N] [--loads a,b,…] [--set NAME=VALUE]… [--json]

Sends large bodies through real stages, one replica each, and tells the most memory that each of them ever had.

  --messages    so many bodies a load (default 200)
  --body-bytes  so large (default 1048576, the most that SQS takes)
  --limit-mb    more than this many million bytes resident is a failure (default 350)
  --loads       only these: ${loads.map(({ name }) => name).join(', ')}
  --set         a setting of the stages, such as BATCH_MAX_BYTES=4194304
  --json        print one JSON object as the last line

Exit status: 0 every stage stayed below the limit; 1 one did not, or something failed; 64 wrong usage. Linux only.
`;

await runTool({
  usage,
  read: readArguments,
  async run(given, signal) {
    const peaks = await measureAll(given, signal);
    const most = Math.max(...peaks.flatMap(({ resident }) => Object.values(resident))) / 1e6;
    const holds = most <= given.limitMb;
    process.stdout.write(
      holds
        ? `✔ No stage had more than ${most.toFixed(0)} MB.\n`
        : `✘ A stage had ${most.toFixed(0)} MB, more than ${given.limitMb}.\n`,
    );
    if (given.json) process.stdout.write(`${JSON.stringify({ limitMb: given.limitMb, most, peaks })}\n`);
    return holds ? 0 : 1;
  },
});

async function measureAll(given: Given, signal: AbortSignal): Promise<Peaks[]> {
  const stack = await startLocalStack({ signal });
  const peaks: Peaks[] = [];
  try {
    const { postgres, redis, sqs } = stack;
    const servers = {
      postgresUrl: postgres.url(),
      redisUrl: redis.url,
      sqsEndpoint: sqs.endpoint,
      region: sqs.region,
    };
    process.stdout.write(`${'MB'.padEnd(14)}${[...stages, 'Redis'].map((name) => name.padStart(12)).join('')}\n`);
    for (const load of given.loads) {
      const { messages, bodyBytes, settings } = given;
      const found = await measure({ servers, load, messages, bodyBytes, settings, signal, onProgress: show });
      show('');
      peaks.push(found);
      const figures = [...stages.map((stage) => found.resident[stage]), found.redis];
      process.stdout.write(`${load.name.padEnd(14)}${figures.map((each) => mb(each).padStart(12)).join('')}\n`);
    }
  } finally {
    await stack.stop();
  }
  return peaks;
}

type Given = Exclude<ReturnType<typeof readArguments>, 'help'>;

/** @throws {Error} whose message says what is wrong */
function readArguments(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      messages: { type: 'string', default: '200' },
      'body-bytes': { type: 'string', default: '1048576' },
      'limit-mb': { type: 'string', default: '350' },
      loads: { type: 'string', default: loads.map(({ name }) => name).join(',') },
      set: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const number = (name: 'messages' | 'body-bytes' | 'limit-mb'): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} is no whole number from 1`);
    return value;
  };
  const named = values.loads.split(',').map((name) => {
    const load = loads.find((each) => each.name === name);
    if (load === undefined) throw new Error(`--loads names ${name}, which is no load`);
    return load;
  });
  const settings = values.set.map((pair) => {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(pair) ?? [];
    if (name === undefined || value === undefined) throw new Error('--set is not like BATCH_MAX_BYTES=4194304');
    return [name, value] as const;
  });
  return {
    loads: named,
    messages: number('messages'),
    bodyBytes: number('body-bytes'),
    limitMb: number('limit-mb'),
    settings: Object.fromEntries(settings),
    json: values.json,
  };
}

/** One line on a terminal, drawn over by the next. */
function show(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${what}\u001b[K`);
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
