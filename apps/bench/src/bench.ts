import { join } from 'node:path';
import { Fault } from '@masque/fault';
import { lastErrors } from '@masque/local-pipeline';
import { openArena } from './arena.ts';
import type { Arguments } from './arguments.ts';
import { contest } from './contest.ts';
import type { Report } from './report.ts';
import { count, fine } from './text.ts';

export async function runBench(
  options: Arguments,
  { note, signal }: { readonly note: (line: string) => void; readonly signal: AbortSignal },
): Promise<Report> {
  const arena = await openArena({ method: options.method, signal, onProgress: (what) => note(`  ${what}`) });
  try {
    const results = await contest(
      arena,
      options,
      (round, name, { rate, cpuUs }) =>
        note(
          `  round ${round}/${options.rounds}  ${name}: ${count(rate)} a second, ${fine(cpuUs)} µs of CPU a message`,
        ),
      signal,
    );
    return { arguments: options, contest: results };
  } catch (error) {
    // Before the logs go: what a stage itself said is the answer.
    if (error instanceof Fault) for (const line of await lastErrors(join(arena.root, 'logs'))) note(`  ${line}`);
    throw error;
  } finally {
    await arena.close();
  }
}
