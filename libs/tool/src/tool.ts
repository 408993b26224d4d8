import { toFault } from '@masque/fault';

/** A command that works on the repository itself, as `npm run bench`. The users' own is `masque`. */
export interface Tool<Given> {
  readonly usage: string;
  /** @throws {Error} whose message says what is wrong with them */
  read(this: void, args: readonly string[]): Given | 'help';
  /** @returns the exit status: 0, or 1 where what was looked at does not hold */
  run(this: void, given: Given, signal: AbortSignal): Promise<number>;
}

/**
 * Runs it and ends the process: with what it returned; 64 for arguments that are none; 1 when it failed; 130 when it
 * was stopped. The first SIGINT or SIGTERM aborts the signal it was given, so that it can clear up; the second waits for
 * nothing.
 */
export async function runTool<Given>({ usage, read, run }: Tool<Given>): Promise<never> {
  const aborter = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (aborter.signal.aborted) process.exit(stopped);
      aborter.abort();
    });
  }
  let given: Given | 'help';
  try {
    given = read(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return process.exit(64);
  }
  if (given === 'help') {
    process.stdout.write(usage);
    return process.exit(0);
  }
  try {
    const status = await run(given, aborter.signal);
    // Whatever it left open keeps nobody waiting.
    return process.exit(status);
  } catch (error) {
    process.stderr.write(`${aborter.signal.aborted ? 'stopped before the end' : wordsOf(error)}\n`);
    return process.exit(aborter.signal.aborted ? stopped : 1);
  }
}

const stopped = 130;

/** A tool's own words, and not a vendor's, which may quote what it works on. */
function wordsOf(error: unknown): string {
  const isOwn = error instanceof Error && error.constructor === Error;
  return isOwn ? error.message : toFault(error).toLine();
}
