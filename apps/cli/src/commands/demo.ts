import type { Replicas } from '@masque/local-pipeline';
import { Command, InvalidArgumentError, Option } from 'commander';

interface DemoFlags {
  readonly input?: string;
  readonly messages?: number;
  readonly repeat: number;
  readonly replicas: Replicas;
  readonly keep?: true;
  readonly listen?: true;
  readonly json?: true;
}

export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'Run the whole pipeline on this machine: real PostgreSQL, Redis and SQS servers, the three stages as processes.',
    )
    .addOption(
      new Option('--input <file>', 'send the lines of this file, one message a line, byte for byte').conflicts(
        'messages',
      ),
    )
    .option('--messages <n>', 'send so many made-up messages (default: 100)', wholeNumber)
    .option('--repeat <share>', 'share of made-up ips and device ids that were seen before, 0 to 1', share, 0.2)
    .addOption(
      new Option('--replicas <list>', 'processes of each stage, such as masker=2,loader=2')
        .argParser(replicas)
        .default(oneEach, 'one each'),
    )
    .option('--keep', 'stay up at the end, and say how to send more and where to look')
    .addOption(
      new Option('--listen', 'send nothing, keep listening until Ctrl-C, and keep the data (`npm start`)').conflicts([
        'input',
        'messages',
        'keep',
      ]),
    )
    .option('--json', 'print one JSON object as the last line')
    .action(async (flags: DemoFlags) => {
      const aborter = new AbortController();
      let signals = 0;
      // Nobody reads any more, so nobody can stop it either.
      for (const stream of [process.stdout, process.stderr]) stream.on('error', () => aborter.abort());
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        process.on(signal, () => {
          signals += 1;
          // The second signal does not wait; the reaper stops what is left.
          if (signals > 1) process.exit(130);
          aborter.abort();
        });
      }
      const { runDemo } = await import('../demo/run-demo.ts');
      process.exitCode = await runDemo({ ...flags, signal: aborter.signal });
    });
}

const oneEach: Replicas = { extractor: 1, masker: 1, loader: 1 };

function wholeNumber(text: string): number {
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isInteger(value) || value < 1 || value > 100_000_000)
    throw new InvalidArgumentError('It is no whole number from 1 to 100,000,000.');
  return value;
}

function share(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('It is not a number from 0 to 1.');
  return value;
}

/** `extractor=1,masker=2,loader=1`; a stage left out has one. */
function replicas(text: string): Replicas {
  const counts: Record<string, number> = { ...oneEach };
  for (const part of text.split(',')) {
    const [, stage = '', number = ''] = /^([a-z]+)=(\d{1,2})$/.exec(part.trim()) ?? [];
    if (!Object.hasOwn(oneEach, stage) || Number(number) < 1) {
      throw new InvalidArgumentError('It is not like extractor=1,masker=2,loader=1.');
    }
    counts[stage] = Number(number);
  }
  return counts as unknown as Replicas;
}
