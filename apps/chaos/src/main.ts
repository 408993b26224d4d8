import { readArguments, usage } from './arguments.ts';
import { runChaos, schedule } from './chaos.ts';
import { toText } from './report.ts';
import { describe } from './schedule.ts';
import { createView } from './view.ts';

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
  const rounds = schedule(given);
  process.stdout.write(`Schedule of seed ${given.seed}: ${rounds.flat().length} faults in ${rounds.length} rounds\n`);
  process.stdout.write(`${describe(rounds).join('\n')}\n`);
  if (given.dryRun) return 0;
  try {
    const report = await runChaos({ ...given, view: createView(given.messages), signal: aborter.signal });
    process.stdout.write(toText(report));
    if (given.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    return report.violations.length === 0 ? 0 : 1;
  } catch (error) {
    if (aborter.signal.aborted) {
      process.stderr.write('stopped before the end\n');
      return 130;
    }
    process.stderr.write(`${(error as Error).stack ?? 'failed'}\n`);
    return 1;
  }
}
