import type { Arguments } from './arguments.ts';
import type { Ceilings } from './ceilings.ts';
import type { Contest, Standing } from './contest.ts';
import type { Latency } from './latency.ts';
import { type Bar, barChart } from './plot.ts';
import type { Report } from './report.ts';
import type { Step } from './scale.ts';
import { count, fine, spread } from './text.ts';

/** A part of the page, which a run that measured it writes anew, and its plots by file name. */
export interface Section {
  readonly slot: string;
  readonly lines: readonly string[];
  readonly plots: Readonly<Record<string, string>>;
}

export function sectionsOf({ arguments: given, contest, latency, ceilings, scale }: Report): Section[] {
  return [
    ...(Object.keys(contest.standings).length === 0 ? [] : [contestSection(given, contest)]),
    ...(latency === undefined ? [] : [latencySection(latency)]),
    ...(ceilings === undefined ? [] : [ceilingSection(ceilings)]),
    ...(scale === undefined ? [] : [scaleSection(scale)]),
  ];
}

function contestSection({ method, repeat }: Arguments, { standings, ratios }: Contest): Section {
  const slot = `contest-${method}-${Math.round(repeat * 100)}`;
  const all = Object.entries(standings);
  const bars = (of: (standing: Standing) => number, show: (value: number) => string): Bar[] =>
    all.map(([label, standing]) => ({ label, value: of(standing), text: show(of(standing)) }));
  const stages = standings['masque'];
  return {
    slot,
    lines: [
      `### ${method}, ${Math.round(repeat * 100)} % of the values seen before`,
      '',
      ...table([
        ['', 'messages', 'messages a second', 'CPU a message, µs', 'SQS server, µs', 'Redis, µs', 'PostgreSQL, µs'],
        ...all.map(
          ([
            name,
            {
              messages,
              rate,
              cpuUs,
              servers: { sqs, redis, postgres },
            },
          ]) => [
            name,
            count(messages),
            spread(rate, count),
            spread(cpuUs, fine),
            fine(sqs.cpuUs),
            fine(redis.cpuUs),
            fine(postgres.cpuUs),
          ],
        ),
      ]),
      ...(stages === undefined ? [] : ['', ...stageTable(stages)]),
      ...(ratios === undefined
        ? []
        : ['', `Masque ÷ floor: CPU **${ratios.cpu.toFixed(2)}**, messages a second **${ratios.rate.toFixed(2)}**.`]),
      '',
      image(`${slot}-rate`, 'Messages a second'),
      image(`${slot}-cpu`, 'CPU a message'),
    ],
    plots: {
      [`${slot}-rate`]: barChart(
        'Messages a second (more is better)',
        bars(({ rate }) => rate.median, count),
      ),
      [`${slot}-cpu`]: barChart(
        'CPU a message, µs (less is better)',
        bars(({ cpuUs }) => cpuUs.median, fine),
      ),
    },
  };
}

function stageTable({ shares, startMs }: Standing): string[] {
  return table([
    ['Masque’s stages', 'CPU a message, µs', 'peak RSS, MB', 'start to ready, ms'],
    ...Object.entries(shares).map(([name, { cpuUs, rssMb }]) => [
      name,
      fine(cpuUs),
      count(rssMb),
      count(startMs[name] ?? 0),
    ]),
  ]);
}

function latencySection(latency: readonly Latency[]): Section {
  const bars = latency.flatMap(({ offered, p50, p99 }) => [
    { label: `${count(offered)} a second, p50`, value: p50, text: fine(p50) },
    { label: `${count(offered)} a second, p99`, value: p99, text: fine(p99) },
  ]);
  return {
    slot: 'latency',
    lines: [
      ...table([
        ['offered a second', 'p50, ms', 'p99, ms', 'max, ms'],
        ...latency.map(({ offered, p50, p99, max }) => [count(offered), fine(p50), fine(p99), fine(max)]),
      ]),
      '',
      image('latency', 'Latency'),
    ],
    plots: { latency: barChart('From sending to a visible row, ms', bars) },
  };
}

function ceilingSection(ceilings: Ceilings): Section {
  const all = Object.entries(ceilings);
  return {
    slot: 'ceilings',
    lines: [
      ...table([
        ['', 'messages a second', 'CPU a message, µs'],
        ...all.map(([stage, { rate, cpuUs }]) => [stage, spread(rate, count), spread(cpuUs, fine)]),
      ]),
      '',
      image('ceilings', 'Each stage alone'),
    ],
    plots: {
      ceilings: barChart(
        'Each stage alone, messages a second',
        all.map(([label, { rate }]) => ({ label, value: rate.median, text: count(rate.median) })),
      ),
    },
  };
}

function scaleSection(scale: readonly Step[]): Section {
  return {
    slot: 'scale',
    lines: [
      ...table([
        ['of each stage', 'messages', 'messages a second', 'CPU a message, µs', 'largest stage, MB'],
        ...scale.map((step) => [
          count(step.replicas),
          count(step.messages),
          count(step.drained.rate),
          fine(step.drained.cpuUs),
          count(largestMb(step)),
        ]),
      ]),
      '',
      image('scale-rate', 'Messages a second'),
      image('scale-rss', 'Memory'),
    ],
    plots: {
      'scale-rate': barChart(
        'Messages a second',
        scale.map((step) => ({ label: labelOf(step), value: step.drained.rate, text: count(step.drained.rate) })),
      ),
      'scale-rss': barChart(
        'Peak RSS of the largest stage, MB',
        scale.map((step) => ({ label: labelOf(step), value: largestMb(step), text: count(largestMb(step)) })),
      ),
    },
  };
}

function largestMb({ drained: { shares } }: Step): number {
  return Math.max(...Object.values(shares).map(({ rssMb }) => rssMb));
}

function labelOf({ replicas, messages }: Step): string {
  return `${replicas} of each, ${count(messages)}`;
}

function image(name: string, alt: string): string {
  return `![${alt}](benchmarks/${name}.svg)`;
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string[] {
  const rule = head.map((_, at) => (at === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}
