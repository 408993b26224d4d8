import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Pages that repeat the stages' settings, written by `npm run docs:settings` and compared by a test. */
export const root = resolve(import.meta.dirname, '../../../..');
export const envExampleFile = join(root, '.env.example');
export const readmeFile = join(root, 'README.md');

const stages = ['extractor', 'masker', 'loader', 'dashboard'] as const;

interface Setting {
  readonly name: string;
  readonly doc: string;
  readonly unit: string;
  readonly fallback: string;
  readonly need: 'required' | 'optional';
  readonly stages: readonly string[];
}

/** Both pages tell the same, and each stage takes a while to be asked. */
let read: Setting[] | undefined;

/** Asks every stage itself, by `--help --json`; a setting that several have is listed once. */
function readSettings(): Setting[] {
  if (read !== undefined) return read;
  const byName = new Map<string, Setting>();
  for (const stage of stages) {
    const main = join(root, 'apps', stage, 'src', 'main.ts');
    const printed = execFileSync(process.execPath, [main, '--help', '--json'], { encoding: 'utf8' });
    for (const setting of JSON.parse(printed) as Omit<Setting, 'stages'>[]) {
      const earlier = byName.get(setting.name);
      // A stage may say of a shared setting what it is to itself; the page says what all say.
      byName.set(setting.name, { ...setting, ...earlier, stages: [...(earlier?.stages ?? []), stage] });
    }
  }
  return (read = [...byName.values()]);
}

/** `.env.example`: every setting with its unit and default, commented out where it has one. */
export function envExample(): string {
  const head = '# Settings of the stages, as environment variables. Lines without a # must be set.\n';
  const blocks = readSettings().map(({ name, doc, unit, fallback, need, stages: of }) => {
    const notes = [of.join(', '), unit === '' ? '' : `in ${unit}`].filter((note) => note !== '').join('; ');
    return `\n# ${doc} (${notes})\n${need === 'required' ? '' : '#'}${name}=${fallback}\n`;
  });
  return head + blocks.join('');
}

const [begin, end] = ['<!-- settings -->', '<!-- /settings -->'];

/** The README with its table of settings made anew. */
export function readme(): string {
  const text = readFileSync(readmeFile, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md has no ${begin} … ${end}`);
  const rows = readSettings().map(({ name, doc, unit, fallback, need, stages: of }) => {
    const initial =
      need === 'required' ? '**required**' : fallback === '' ? '–' : `\`${fallback}\`${unit === '' ? '' : ` ${unit}`}`;
    return `| \`${name}\` | ${of.map((stage) => stage.charAt(0).toUpperCase()).join(' ')} | ${initial} | ${doc} |`;
  });
  const table = ['| Setting | Stage | Default | What |', '| --- | --- | --- | --- |', ...rows].join('\n');
  return `${text.slice(0, from)}${begin}\n${table}\n${text.slice(to)}`;
}
