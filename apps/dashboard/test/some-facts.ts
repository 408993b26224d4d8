import type { Facts } from '../src/overview.ts';

const stage = (name: Facts['stages'][number]['name']) => ({
  name,
  replicas: 2,
  working: 2,
  others: {},
  rate: 100,
  retries: 0,
});

const arrow = (name: Facts['arrows'][number]['name']) => ({
  name,
  waiting: 1,
  active: 2,
  delayed: 0,
  oldest: 0.2,
  still: 0,
});

/** A pipeline in which all is well, and what a test changes. */
export function someFacts(given: Partial<Facts> = {}): Facts {
  return {
    at: 10_000,
    pipeline: 'notes',
    since: 0,
    redis: { code: 'ok', answered: 10_000 },
    postgres: { code: 'ok', answered: 10_000 },
    sqs: { visible: 10, inFlight: 5, delayed: 0 },
    stages: [stage('extractor'), stage('masker'), stage('loader')],
    arrows: [arrow('extracted'), arrow('masked'), arrow('settled')],
    latency: { p50: 0.1, p99: 0.5 },
    memo: 0.9,
    quarantine: { held: {}, heldIsCut: false, newest: [], perMinute: 0, share: 0 },
    ...given,
  };
}
