import { toFault } from '@masque/fault';
import { startLocalStack } from '@masque/local-stack';
import { readArguments, usage } from './arguments.ts';
import { fuzz } from './fuzz.ts';
import { toText } from './report.ts';
import { createView } from './view.ts';

const aborter = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => aborter.abort());

process.exitCode = await main();

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
  const { signal } = aborter;
  const view = createView(given.bodies);
  try {
    const stack = await startLocalStack({ only: ['postgres'], signal });
    try {
      const databaseUrl = stack.postgres.url();
      const report = await fuzz({ ...given, databaseUrl, signal, onProgress: (done) => view.show(done) });
      view.end();
      process.stdout.write(toText(report));
      if (given.json) process.stdout.write(`${JSON.stringify(report)}\n`);
      return report.violations.length === 0 ? 0 : 1;
    } finally {
      await stack.stop();
    }
  } catch (error) {
    view.end();
    if (signal.aborted) {
      process.stderr.write('stopped before the end\n');
      return 130;
    }
    const { code, message, advice } = toFault(error);
    process.stderr.write(`${code}: ${message}\n${advice ?? ''}\n`);
    return 1;
  }
}
