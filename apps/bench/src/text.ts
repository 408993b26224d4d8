import type { Ceilings } from './ceilings.ts';
import type { Standing } from './contest.ts';
import type { Figure } from './figure.ts';
import type { Latency } from './latency.ts';
import type { Report } from './report.ts';
import type { Step } from './scale.ts';

/** The report as a person reads it. */
export function toText(report: Report): string {
  const { contest, latency, ceilings, scale } = report;
  const sections = [
    Object.keys(contest.standings).length === 0 ? [] : contestLines(report),
    latency === undefined ? [] : latencyLines(latency),
    ceilings === undefined ? [] : ceilingLines(ceilings),
    scale === undefined ? [] : scaleLines(scale),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

function contestLines({ contest: { standings, ratios }, arguments: { method, repeat, rounds } }: Report): string[] {
  const rows = Object.entries(standings).map(([name, standing]) => [
    name,
    count(standing.messages),
    spread(standing.rate, count),
    spread(standing.cpuUs, fine),
    bill(standing),
  ]);
  const lines = [
    `${method}, ${Math.round(repeat * 100)} % repeats; the median of ${rounds} rounds (least to most)`,
    ...columns([['', 'messages', 'messages/s', 'CPU µs/message', 'SQS, Redis, PostgreSQL µs'], ...rows]),
  ];
  const ours = Object.entries(standings).filter(([, { startMs }]) => Object.keys(startMs).length > 0);
  for (const [name, { shares, startMs }] of ours) {
    lines.push(
      '',
      ...columns([
        [name, 'CPU µs/message', 'peak RSS MB', 'start to ready ms'],
        ...Object.entries(shares).map(([stage, { cpuUs, rssMb }]) => [
          stage,
          fine(cpuUs),
          count(rssMb),
          count(startMs[stage] ?? 0),
        ]),
      ]),
    );
  }
  if (ratios !== undefined) {
    lines.push('', `Masque ÷ floor: CPU ${ratios.cpu.toFixed(2)}, messages a second ${ratios.rate.toFixed(2)}`);
  }
  return lines;
}

function latencyLines(latency: readonly Latency[]): string[] {
  return [
    'From sending to a visible row',
    ...columns([
      ['offered a second', 'p50 ms', 'p99 ms', 'max ms'],
      ...latency.map(({ offered, p50, p99, max }) => [count(offered), fine(p50), fine(p99), fine(max)]),
    ]),
  ];
}

function ceilingLines(ceilings: Ceilings): string[] {
  return [
    'Each stage alone, from a filled queue',
    ...columns([
      ['', 'messages/s', 'CPU µs/message'],
      ...Object.entries(ceilings).map(([stage, { rate, cpuUs }]) => [stage, spread(rate, count), spread(cpuUs, fine)]),
    ]),
  ];
}

function scaleLines(scale: readonly Step[]): string[] {
  return [
    'Scale',
    ...columns([
      ['of each', 'messages', 'messages/s', 'CPU µs/message', 'largest stage MB'],
      ...scale.map(({ replicas, messages, drained: { rate, cpuUs, shares } }) => [
        count(replicas),
        count(messages),
        count(rate),
        fine(cpuUs),
        count(Math.max(...Object.values(shares).map(({ rssMb }) => rssMb))),
      ]),
    ]),
  ];
}

function bill({ servers: { sqs, redis, postgres } }: Standing): string {
  return [sqs, redis, postgres].map(({ cpuUs }) => fine(cpuUs)).join(', ');
}

export function spread({ median, min, max }: Figure, show: (value: number) => string): string {
  return `${show(median)} (${show(min)} to ${show(max)})`;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function fine(value: number): string {
  return value.toFixed(1);
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
  return rows.map((row) => `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd());
}
