import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

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
