/**
 * docs/benchmarks.md. Its words are here and its figures come from runs; each run writes the slots of what it measured,
 * with the command, the day and the machine, and leaves the others as they are.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sectionsOf, type Section } from './section.ts';
import type { Report } from './report.ts';
import { repository } from './surroundings.ts';

const page = join(repository, 'docs/benchmarks.md');
const folder = join(repository, 'docs/benchmarks');

const contests = ['contest-hmac-90', 'contest-siv-90', 'contest-vault-90', 'contest-rsa-90', 'contest-rsa-0'];

const skeleton = `# Benchmarks

Every figure here was written by \`npm run bench -- --write\`, on the machine and with the command that stands beside it. Contestants drain the same messages from the same servers on one machine, one after the other and round by round; medians count, least and most stand in brackets. Ratios within one run tell; absolute figures are the machine's.

CPU is the operating system's account of whole processes, user and system, from the first message received to the last one deleted. The **floor** is a loop over the stock \`@aws-sdk/client-sqs\` that only receives and deletes. The peers mask with the same code as Masque's masker: **sqs-consumer + pg** inserts a row at a time, **one process** gathers batches of 200 with neither ledger nor seals nor quarantine. Both load at least once, where Masque loads exactly once.

## Side by side

${contests.map(empty).join('\n\n')}

## Latency

From the start of a message's send to the notification of the commit that makes its row visible.

${empty('latency')}

## Each stage alone

The extractor from a filled queue into Redis, the masker from there to Redis, the loader from there into table and ledger.

${empty('ceilings')}

## Scale

Replicas on one machine share its cores: they show that more processes cost no more, not what more machines bring.

${empty('scale')}
`;

export async function writePage(
  report: Report,
  given: { readonly command: string; readonly surroundings: string },
): Promise<void> {
  const before = await readFile(page, 'utf8').catch(() => skeleton);
  const today = new Date().toISOString().slice(0, 10);
  const measured = `Measured on ${today} with \`${given.command}\`: ${given.surroundings}.`;
  const sections = sectionsOf(report);
  await mkdir(folder, { recursive: true });
  await writeFile(page, filled(before, sections, measured));
  for (const { plots } of sections) {
    for (const [name, svg] of Object.entries(plots)) await writeFile(join(folder, `${name}.svg`), svg);
  }
}

/** The page with these sections in their slots; a slot that it lacks is added after the contests. */
export function filled(text: string, sections: readonly Section[], measured: string): string {
  let result = text;
  for (const { slot, lines } of sections) {
    if (!result.includes(`<!-- ${slot} -->`)) result = result.replace('\n## Latency', `\n${empty(slot)}\n\n## Latency`);
    const [begin, end] = [`<!-- ${slot} -->`, `<!-- /${slot} -->`];
    const [from, to] = [result.indexOf(begin), result.indexOf(end)];
    result = `${result.slice(0, from)}${begin}\n${lines.join('\n')}\n\n${measured}\n${result.slice(to)}`;
  }
  return result;
}

function empty(slot: string): string {
  return `<!-- ${slot} -->\n<!-- /${slot} -->`;
}
