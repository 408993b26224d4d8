import { adviceFor } from './advice.ts';
import type { ArrowView, Facts, StageView } from './overview.ts';

/** What is not as it should be, the worst first, each with what to do. */
export interface Condition {
  /** Names the entry in `advice.ts`. */
  readonly code: string;
  /** `red`: messages do not get through, or the page does not know. `amber`: they do, and somebody should look. */
  readonly level: 'red' | 'amber';
  /** What it is about: a stage, an arrow, a server. */
  readonly about: string;
  readonly title: string;
  readonly advice: string;
}

/** A batch takes well under a second; what is a minute old is held up. */
const oldAfterS = 60;
const stillAfterS = 60;
const retriesPerMinute = 30;
/** Of what is placed: a producer's release gone wrong, rather than the odd bad message. */
const quarantinedShare = 0.01;
const quarantinedPerMinute = 6;
/** SQS keeps messages for four days by default, but nobody wants to be behind by more than this. */
const behindS = 600;
/** Slower than this is idle, not a pace: a first thousand messages are no backlog. */
const leastPace = 10;
/** SQS’s counts are that old at most, and rates need a while. */
const settledAfterS = 60;

/** The stage that takes from an arrow. */
const takers: Readonly<Record<string, string>> = { extracted: 'masker', masked: 'loader', settled: 'extractor' };

export function conditionsOf(facts: Facts): Condition[] {
  const found = [...servers(facts)];
  // Without Redis nothing else is known.
  if (facts.redis.code === 'ok') {
    found.push(...facts.stages.flatMap(stage), ...facts.arrows.flatMap((each) => arrow(each, facts)), ...flow(facts));
  }
  return found.sort((a, b) => Number(a.level === 'amber') - Number(b.level === 'amber'));
}

function servers({ redis, postgres }: Facts): Condition[] {
  const found: Condition[] = [];
  if (redis.code !== 'ok') found.push(condition('red', 'redis', redis.code, 'The dashboard cannot read Redis'));
  if (postgres.code !== 'ok') {
    found.push(condition('amber', 'postgres', postgres.code, 'The dashboard cannot read PostgreSQL'));
  }
  return found;
}

function stage({ name, replicas, working, others }: StageView): Condition[] {
  if (replicas === 0) return [condition('red', name, 'stage_gone', `No ${name} is running`)];
  return Object.entries(others).map(([code, count]) => {
    const who =
      count === replicas ? (replicas === 1 ? `The ${name}` : `Every ${name}`) : `${count} of ${replicas} ${name}s`;
    const areMany = count > 1 && count !== replicas;
    // A shut gate is what keeps an outage behind it from filling Redis: the red is where the outage is.
    const level = working > 0 || code.startsWith('gate_') ? 'amber' : 'red';
    const [one, many] = code.startsWith('gate_') ? ['holds back', 'hold back'] : ['waits', 'wait'];
    const what = areMany ? many : one;
    return condition(level, name, code, `${who} ${what}: ${code.replace(/^gate_/, '').replaceAll('_', ' ')}`);
  });
}

function arrow({ name, oldest, still }: ArrowView, { stages }: Facts): Condition[] {
  const taker = stages.find((each) => each.name === takers[name]);
  if (still >= stillAfterS && (taker?.working ?? 0) > 0) {
    return [condition('red', name, 'queue_still', `Nothing has moved on “${name}” for ${duration(still)}`)];
  }
  if (oldest !== null && oldest >= oldAfterS) {
    return [condition('amber', name, 'queue_old', `The oldest batch on “${name}” is ${duration(oldest)} old`)];
  }
  return [];
}

function flow({ at, since, stages, sqs, quarantine }: Facts): Condition[] {
  const found: Condition[] = [];
  for (const { name, retries } of stages) {
    if ((retries ?? 0) >= retriesPerMinute) {
      found.push(
        condition('amber', name, 'retries_many', `The ${name} retries ${amount(retries ?? 0)} times a minute`),
      );
    }
  }
  const rate = stages.find(({ name }) => name === 'extractor')?.rate ?? 0;
  if (sqs !== null && at - since > settledAfterS && sqs.visible > behindS * Math.max(rate, leastPace)) {
    found.push(condition('amber', 'sqs', 'sqs_behind', 'SQS holds more than ten minutes of work at this pace'));
  }
  const { perMinute, share } = quarantine;
  if (perMinute !== null && perMinute >= quarantinedPerMinute && (share ?? 0) > quarantinedShare) {
    found.push(
      condition('amber', 'quarantine', 'quarantine_many', `${amount(perMinute)} messages a minute are put aside`),
    );
  }
  return found;
}

function amount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Of a minute and more. */
function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

function condition(level: Condition['level'], about: string, code: string, title: string): Condition {
  return { code, level, about, title, advice: adviceFor(code) };
}
