import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@masque/fault';
import type { StageProcess } from '@masque/local-pipeline';

/** Rejects as soon as one of the processes ends. @throws {Fault} `stage_ended` */
export function someEnd(processes: readonly StageProcess[]): Promise<never> {
  const end = Promise.race(processes.map(async ({ stage, ended }) => ({ stage, status: await ended }))).then(
    ({ stage, status }): never => {
      const how = status === null ? 'was killed' : `ended with status ${status}`;
      throw new Fault('stage_ended', `the ${stage} ${how} while it was needed`, { heals: false });
    },
  );
  // Nobody may be waiting any more when the stages are stopped at the end.
  end.catch(() => {});
  return end;
}

/** Is it a fault to which the stages' logs hold the answer? */
export function isStageEnd(error: unknown): error is Fault {
  return error instanceof Fault && (error.code === 'stage_ended' || error.code === 'stuck');
}

/** The last error in each stage's log, in a line for a person. */
export async function lastErrors(logDir: string): Promise<string[]> {
  const files = (await readdir(logDir).catch(() => [])).filter((name) => name.endsWith('.log'));
  const errors = files.toSorted().map(async (file) => {
    const lines = (await readFile(join(logDir, file), 'utf8')).split('\n');
    const words = lines.map(wordsOf).findLast((said) => said !== undefined);
    return words === undefined ? [] : [`${file.replace('.log', '')}: ${words}`];
  });
  return (await Promise.all(errors)).flat();
}

function wordsOf(line: string): string | undefined {
  try {
    const { level, message, setting, advice } = JSON.parse(line) as Readonly<Record<string, string>>;
    if (level !== 'error' || message === undefined) return undefined;
    return `${message}${setting === undefined ? '' : ` (${setting})`}. ${advice ?? ''}`.trimEnd();
  } catch {
    return undefined;
  }
}
