import { describe, expect, test } from 'vitest';
import { adviceFor } from '../src/advice.ts';
import { conditionsOf } from '../src/conditions.ts';
import type { ArrowView, Facts, StageView } from '../src/overview.ts';
import { someFacts } from './some-facts.ts';

const codes = (facts: Facts) => conditionsOf(facts).map(({ level, about, code }) => `${level} ${about} ${code}`);

const sqs = (visible: number) => ({ visible, inFlight: 0, delayed: 0 });

const quarantine = (perMinute: number, share: number) => ({
  quarantine: { held: {}, heldIsCut: false, newest: [], perMinute, share },
});

function withStage(name: string, change: Partial<StageView>): Facts {
  const facts = someFacts();
  return { ...facts, stages: facts.stages.map((each) => (each.name === name ? Object.assign(each, change) : each)) };
}

function withArrow(name: string, change: Partial<ArrowView>): Facts {
  const facts = someFacts();
  return { ...facts, arrows: facts.arrows.map((each) => (each.name === name ? Object.assign(each, change) : each)) };
}

test('when all is well there is none', () => {
  expect(conditionsOf(someFacts())).toEqual([]);
});

test('without Redis nothing else is claimed', () => {
  const facts = someFacts({ redis: { code: 'redis_unreachable', answered: null }, stages: [], arrows: [], sqs: null });
  expect(codes(facts)).toEqual(['red redis redis_unreachable']);
});

test('the dashboard’s own PostgreSQL is not the loaders’', () => {
  const facts = someFacts({ postgres: { code: 'postgres_unreachable', answered: 1 } });
  expect(codes(facts)).toEqual(['amber postgres postgres_unreachable']);
});

describe('a stage', () => {
  test('of which none is there, or none works, is red; of which some work, amber', () => {
    expect(codes(withStage('masker', { replicas: 0, working: 0 }))).toEqual(['red masker stage_gone']);
    const all = withStage('loader', { working: 0, others: { postgres_unreachable: 2 } });
    expect(codes(all)).toEqual(['red loader postgres_unreachable']);
    expect(conditionsOf(all)[0]?.title).toBe('Every loader waits: postgres unreachable');
    const one = withStage('loader', { working: 1, others: { key_differs: 1 } });
    expect(codes(one)).toEqual(['amber loader key_differs']);
    expect(conditionsOf(one)[0]?.title).toBe('1 of 2 loaders waits: key differs');
  });

  test('that holds back is amber: the red is where the outage is, and comes first', () => {
    const facts = withStage('extractor', { working: 0, others: { gate_downstream: 2 } });
    const down = { ...facts.stages[2], working: 0, others: { postgres_unreachable: 2 } } as StageView;
    const stages = [...facts.stages.slice(0, 2), down];
    expect(codes({ ...facts, stages })).toEqual(['red loader postgres_unreachable', 'amber extractor gate_downstream']);
  });

  test('that retries a lot is told of', () => {
    expect(codes(withStage('loader', { retries: 29 }))).toEqual([]);
    expect(codes(withStage('loader', { retries: 30 }))).toEqual(['amber loader retries_many']);
  });
});

describe('an arrow', () => {
  test('whose oldest batch is old is amber', () => {
    expect(codes(withArrow('masked', { oldest: 59 }))).toEqual([]);
    expect(codes(withArrow('masked', { oldest: 61 }))).toEqual(['amber masked queue_old']);
  });

  test('on which nothing moves is red, if somebody works who should take it', () => {
    expect(codes(withArrow('masked', { still: 61, oldest: 90 }))).toEqual(['red masked queue_still']);
    const facts = withArrow('masked', { still: 61, oldest: 90 });
    const stages = facts.stages.map((each) => (each.name === 'loader' ? { ...each, replicas: 0, working: 0 } : each));
    expect(codes({ ...facts, stages })).toEqual(['red loader stage_gone', 'amber masked queue_old']);
  });
});

test('SQS is behind when it holds more than ten minutes of work, by a rate that has settled', () => {
  expect(codes(someFacts({ sqs: sqs(60_000) }))).toEqual([]);
  expect(codes(someFacts({ sqs: sqs(60_001) }))).toEqual(['amber sqs sqs_behind']);
  expect(codes(someFacts({ sqs: sqs(60_001), since: 9_950 }))).toEqual([]);
});

test('putting aside is told of when it is more than the odd bad message', () => {
  expect(codes(someFacts(quarantine(60, 0.009)))).toEqual([]);
  expect(codes(someFacts(quarantine(5, 0.5)))).toEqual([]);
  expect(codes(someFacts(quarantine(60, 0.011)))).toEqual(['amber quarantine quarantine_many']);
});

test('numbers are written for people', () => {
  const titles = [
    withArrow('masked', { oldest: 119 }),
    withArrow('masked', { oldest: 400 }),
    withArrow('masked', { oldest: 86_400 }),
    withStage('loader', { retries: 98_765 }),
    withStage('extractor', { replicas: 9, working: 7, others: { gate_backlog: 2 } }),
  ].map((facts) => conditionsOf(facts)[0]?.title);
  expect(titles).toEqual([
    'The oldest batch on “masked” is 119 s old',
    'The oldest batch on “masked” is 7 min old',
    'The oldest batch on “masked” is 24 h old',
    'The loader retries 98,765 times a minute',
    '2 of 9 extractors hold back: backlog',
  ]);
});

test('there is something to do about each, and about a code that is new something to search for', () => {
  const all = [
    withStage('masker', { replicas: 0, working: 0 }),
    withStage('extractor', { working: 0, others: { gate_backlog: 1, gate_unsent: 1 } }),
    withArrow('masked', { still: 61, oldest: 90 }),
    withArrow('settled', { oldest: 90 }),
  ].flatMap((facts) => conditionsOf(facts));
  for (const { advice, code } of all) expect([code, advice]).not.toEqual([code, adviceFor('unheard_of')]);
  expect(adviceFor('unheard_of')).toContain('unheard_of');
});
