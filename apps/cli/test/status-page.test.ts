import { Fault } from '@masque/fault';
import type { CountedReplica } from '@masque/job-queue';
import { expect, test } from 'vitest';
import type { Look } from '../src/status/look.ts';
import { duration, machinePage, page, type Status } from '../src/status/page.ts';

const replica = (stage: string, state: string): CountedReplica => {
  return { stage, replica: `${stage}-${state}`, state, details: [], at: 0, figures: {} };
};
const empty = { waiting: 0, active: 0, delayed: 0, oldestAgeS: undefined };
const look: Look = {
  sqs: { value: { visible: 1_200, inFlight: 300, delayed: 0 } },
  between: {
    value: {
      batches: { extracted: { waiting: 3, active: 1, delayed: 0, oldestAgeS: 7 }, masked: empty, settled: empty },
      replicas: [
        replica('extractor', 'working'),
        replica('extractor', 'gate_downstream'),
        replica('loader', 'postgres_unreachable'),
      ],
    },
  },
  postgres: { value: { settledInLedger: 11, loaded: 10, quarantined: { total: 1, reasons: { not_json: 1 } } } },
};
const status: Status = {
  pipeline: 'user-logins',
  look,
  pace: { received: 1_234, masked: undefined, loaded: 0, deleted: 2.5 },
  backlog: { messages: 1_500, drainS: 600 },
};

test('a page for people', () => {
  expect(page(status).split('\n')).toEqual([
    'pipeline user-logins',
    '  SQS              1,200 visible, 300 in flight, 0 delayed',
    '  extractor        1 of 2 working (not receiving: no masker or no loader works), 1,234/s received, 2.5/s deleted',
    '    ─ extracted ▶  3 batches waiting, 1 running, 0 delayed',
    '  masker           none is there',
    '    ─ masked ▶     0 batches waiting, 0 running, 0 delayed',
    '  loader           0 of 1 working (postgres_unreachable), 0/s loaded',
    '    ─ settled ▶    0 batches waiting, 0 running, 0 delayed',
    '  PostgreSQL       10 loaded, 1 quarantined',
    '                   1 not_json',
    '  backlog          1,500 messages, done in about 10 min if no more come',
    '  oldest           a batch in extracted for 7 s; of SQS’s own only CloudWatch knows (ApproximateAgeOfOldestMessage)',
  ]);
});

test('what is not known is said, for people and for machines', () => {
  const gone = { fault: new Fault('redis_unreachable', 'Redis is away', { heals: true }) };
  const unknown: Status = {
    ...status,
    look: { ...look, between: gone, sqs: { fault: new Fault('access_denied', 'no', { heals: false }) } },
    pace: { received: undefined, masked: undefined, loaded: undefined, deleted: undefined },
    backlog: undefined,
  };
  const lines = page(unknown);
  expect(lines).toContain('SQS              not known: access_denied');
  expect(lines).toContain('masker           not known: redis_unreachable');
  expect(lines).toContain('backlog          not known');
  expect(lines).toContain('10 loaded, 1 quarantined');
  expect(machinePage(unknown)).toEqual({
    pipeline: 'user-logins',
    sqs: { unknown: 'access_denied' },
    batches: { unknown: 'redis_unreachable' },
    replicas: { unknown: 'redis_unreachable' },
    postgres: 'value' in look.postgres && look.postgres.value,
    perSecond: { received: null, masked: null, loaded: null, deleted: null },
    backlog: null,
  });
  expect(page({ ...status, backlog: { messages: 3, drainS: undefined } })).toContain(
    '3 messages, none is being deleted now',
  );
});

test('a machine gets numbers', () => {
  expect(machinePage(status)).toMatchObject({
    batches: { extracted: { waiting: 3, oldestAgeS: 7 } },
    perSecond: { received: 1_234, masked: null, loaded: 0, deleted: 2.5 },
    backlog: { messages: 1_500, drainS: 600 },
  });
});

test.each([
  [0.2, '0 s'],
  [1.2, '1 s'],
  [89, '89 s'],
  [600, '10 min'],
  [7_200, '2 h'],
  [864_000, '10 days'],
])('%d seconds are %s', (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});
