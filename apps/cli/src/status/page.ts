import { count, table } from '../output/terminal.ts';
import { arrows, type Arrow, type Between, type Known, type Look } from './look.ts';
import type { Backlog, Pace } from './pace.ts';

export interface Status {
  readonly pipeline: string;
  readonly look: Look;
  readonly pace: Pace;
  readonly backlog: Backlog | undefined;
}

/** The extractor's breaker, in words; other states are the code of what a replica waits for. */
const gates: Readonly<Record<string, string>> = {
  gate_backlog: 'not receiving: enough batches wait behind it',
  gate_downstream: 'not receiving: no masker or no loader works',
  gate_unsent: 'not receiving: batches wait for Redis',
  gate_redis: 'not receiving: Redis is away',
};

/** What a person reads. What is not known is said to be. */
export function page({ pipeline, look, pace, backlog }: Status): string {
  const { sqs, between, postgres } = look;
  const rows = [
    [
      'SQS',
      words(sqs, ({ visible, inFlight, delayed }) => {
        return `${count(visible)} visible, ${count(inFlight)} in flight, ${count(delayed)} delayed`;
      }),
    ],
    stageRow('extractor', between, [`${perSecond(pace.received)} received`, `${perSecond(pace.deleted)} deleted`]),
    arrowRow('extracted', between),
    stageRow('masker', between, [`${perSecond(pace.masked)} masked`]),
    arrowRow('masked', between),
    stageRow('loader', between, [`${perSecond(pace.loaded)} loaded`]),
    arrowRow('settled', between),
    [
      'PostgreSQL',
      words(postgres, ({ loaded, quarantined }) => `${count(loaded)} loaded, ${count(quarantined.total)} quarantined`),
    ],
    ...('value' in postgres
      ? Object.entries(postgres.value.quarantined.reasons).map(([reason, total]) => ['', `${count(total)} ${reason}`])
      : []),
    ['backlog', backlogWords(backlog)],
    ['oldest', `${oldestWords(between)}; of SQS’s own only CloudWatch knows (ApproximateAgeOfOldestMessage)`],
  ];
  return `pipeline ${pipeline}\n${table(rows)}`;
}

/** What a machine reads: null where it is not known, and `unknown` with the code where a whole part is not. */
export function machinePage({ pipeline, look, pace, backlog }: Status): Readonly<Record<string, unknown>> {
  const { sqs, between, postgres } = look;
  const gone = 'fault' in between ? { unknown: between.fault.code } : undefined;
  return {
    pipeline,
    sqs: part(sqs),
    batches: gone ?? (between as { value: Between }).value.batches,
    replicas: gone === undefined ? (between as { value: Between }).value.replicas : gone,
    postgres: part(postgres),
    perSecond: Object.fromEntries(Object.entries(pace).map(([name, rate]) => [name, rate ?? null])),
    backlog: backlog === undefined ? null : { messages: backlog.messages, drainS: backlog.drainS ?? null },
  };
}

function part<T extends object>(known: Known<T>): T | { readonly unknown: string } {
  return 'fault' in known ? { unknown: known.fault.code } : known.value;
}

function words<T>(known: Known<T>, say: (value: T) => string): string {
  return 'fault' in known ? `not known: ${known.fault.code}` : say(known.value);
}

function stageRow(stage: string, between: Known<Between>, rates: readonly string[]): string[] {
  const text = words(between, ({ replicas }) => {
    const states = replicas.filter((each) => each.stage === stage).map(({ state }) => state);
    if (states.length === 0) return 'none is there';
    const working = states.filter((state) => state === 'working').length;
    const others = [...new Set(states.filter((state) => state !== 'working'))].map((state) => gates[state] ?? state);
    const there = `${count(working)} of ${count(states.length)} working`;
    return [others.length === 0 ? there : `${there} (${others.join('; ')})`, ...rates].join(', ');
  });
  return [stage, text];
}

function arrowRow(arrow: Arrow, between: Known<Between>): string[] {
  const text = words(between, ({ batches }) => {
    const { waiting, active, delayed } = batches[arrow];
    return `${count(waiting)} batches waiting, ${count(active)} running, ${count(delayed)} delayed`;
  });
  return [`  ─ ${arrow} ▶`, text];
}

function perSecond(rate: number | undefined): string {
  if (rate === undefined) return 'unknown/s';
  return `${rate > 0 && rate < 10 ? rate.toFixed(1) : count(rate)}/s`;
}

function backlogWords(backlog: Backlog | undefined): string {
  if (backlog === undefined) return 'not known';
  const { messages, drainS } = backlog;
  if (messages === 0) return 'none';
  const drain =
    drainS === undefined ? 'none is being deleted now' : `done in about ${duration(drainS)} if no more come`;
  return `${count(messages)} messages, ${drain}`;
}

function oldestWords(between: Known<Between>): string {
  return words(between, ({ batches }) => {
    const ages = arrows.flatMap((arrow) => {
      const { oldestAgeS } = batches[arrow];
      return oldestAgeS === undefined ? [] : [{ arrow, oldestAgeS }];
    });
    const oldest = ages.toSorted((a, b) => b.oldestAgeS - a.oldestAgeS)[0];
    return oldest === undefined ? 'no batch' : `a batch in ${oldest.arrow} for ${duration(oldest.oldestAgeS)}`;
  });
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(seconds < 1 ? 0 : 1, Math.round(seconds))} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${count(seconds / 86_400)} days`;
}
