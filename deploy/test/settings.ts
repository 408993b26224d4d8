import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { repository } from './overlay.ts';

interface Setting {
  readonly name: string;
  readonly need: 'required' | 'optional';
  readonly fallback: string;
}

const read = new Map<string, readonly Setting[]>();

/** Of the stage itself, by `--help --json`. */
export function settingsOf(stage: string): readonly Setting[] {
  const known = read.get(stage);
  if (known !== undefined) return known;
  const main = join(repository, 'apps', stage, 'src/main.ts');
  const printed = execFileSync(process.execPath, [main, '--help', '--json'], { encoding: 'utf8' });
  read.set(stage, JSON.parse(printed) as Setting[]);
  return settingsOf(stage);
}
