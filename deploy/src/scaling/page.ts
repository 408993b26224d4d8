import type { Part } from './limits.ts';
import { measured, rateOf } from './measured.ts';
import type { Summary } from './summary.ts';

/** The page with what was played, and what a replica does, in place of what stood there before. */
export function page(text: string, summaries: readonly Summary[], parts: readonly Part[]): string {
  const played = [...summaries.map(section), '### Where it ends', '', limits(parts)].join('\n');
  return between(between(text, 'played', played), 'sizing', sizing());
}

function between(text: string, mark: string, content: string): string {
  const [begin, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/scaling.md has no ${begin} … ${end}`);
  return `${text.slice(0, from)}${begin}\n${content}\n${text.slice(to)}`;
}

function section(summary: Summary): string {
  const { name, about, peakReplicas: peak, replicaHours: hours, turnsAnHour: turns } = summary;
  const rows = [
    ['most sent', `${count(summary.peakRate)} a second`],
    ['oldest message, at worst', `${count(summary.peakLagS)} s; over 15 s for ${count(summary.lateS)} s in all`],
    ['most waiting in SQS', `${count(summary.peakVisible)} messages`],
    ['most in flight', `${count(summary.peakInFlight)} messages`],
    ['most replicas', `${peak.extractor} extractors, ${peak.masker} maskers, ${peak.loader} loaders`],
    ['replica hours', `${count(hours.extractor)}, ${count(hours.masker)}, ${count(hours.loader)}`],
    [
      'changes of direction an hour',
      `${turns.extractor.toFixed(1)}, ${turns.masker.toFixed(1)}, ${turns.loader.toFixed(1)}`,
    ],
    [
      'after the last message',
      `all loaded in ${count(summary.drainedAfterS)} s, no replica left in ${count(summary.emptyAfterS)} s`,
    ],
  ];
  return `### ${name.charAt(0).toUpperCase()}${name.slice(1)}: ${about}

![${about}](scaling/${name}.svg)

| | |
| --- | --- |
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}
`;
}

function limits(parts: readonly Part[]): string {
  const rows = parts.map(({ name, full, because, remedy }) => `| ${name} | ${count(full)} | ${because} | ${remedy} |`);
  return ['| | messages a second | for | then |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function sizing(): string {
  const rows = Object.entries(measured.cpuUs).map(
    ([stage, us]) => `| ${stage} | ${us} µs | ${count(rateOf(us))} messages a second |`,
  );
  return ['| stage | CPU a message | a replica with a core of its own |', '| --- | --- | --- |', ...rows].join('\n');
}

function count(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: value >= 1_000 ? 2 : 3 });
}
