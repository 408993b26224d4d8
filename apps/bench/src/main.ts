import { toFault } from '@masque/fault';
import { readArguments, usage } from './arguments.ts';
import { runBench } from './bench.ts';
import { writePage } from './page.ts';
import { toJson } from './report.ts';
import { toText } from './text.ts';

const aborter = new AbortController();
let signals = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    signals += 1;
    // The second signal does not wait; the reaper stops the servers.
    if (signals > 1) process.exit(130);
    aborter.abort();
  });
}

// Whatever a failed run left open keeps nobody waiting.
process.exit(await main());

async function main(): Promise<number> {
  let given: ReturnType<typeof readArguments>;
  try {
    given = readArguments(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 64;
  }
  if (given === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  try {
    const report = await runBench(given, {
      note: (line) => void process.stderr.write(`${line}\n`),
      signal: aborter.signal,
    });
    process.stdout.write(toText(report));
    if (given.write) {
      const own = process.argv.slice(2).filter((argument) => argument !== '--write' && argument !== '--json');
      await writePage(report, { command: ['npm run bench --', ...own].join(' '), surroundings: report.surroundings });
    }
    if (given.json) process.stdout.write(`${JSON.stringify(toJson(report))}\n`);
    return 0;
  } catch (error) {
    if (aborter.signal.aborted) {
      process.stderr.write('stopped before the end\n');
      return 130;
    }
    process.stderr.write(`bench: ${isOwn(error) ? error.message : toFault(error).toLine()}\n`);
    return 1;
  }
}

/** The bench's own words, and not a vendor's. */
function isOwn(error: unknown): error is Error {
  return error instanceof Error && error.constructor === Error;
}
