import type { Part } from './limits.ts';
import type { Summary } from './summary.ts';

const [begin, end] = ['<!-- played -->', '<!-- /played -->'];

/** The page with what was played, in place of what was played before. */
export function page(text: string, summaries: readonly Summary[], parts: readonly Part[]): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/scaling.md has no ${begin} … ${end}`);
  const played = [...summaries.map(section), '### Where it ends', '', limits(parts)].join('\n');
  return `${text.slice(0, from)}${begin}\n${played}\n${text.slice(to)}`;
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

function count(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: value >= 1_000 ? 2 : 3 });
}
