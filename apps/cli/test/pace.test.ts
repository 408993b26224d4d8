import { Fault } from '@masque/fault';
import type { CountedReplica, Figures } from '@masque/job-queue';
import { expect, test } from 'vitest';
import type { Look } from '../src/status/look.ts';
import { backlogOf, paceOf } from '../src/status/pace.ts';

const replica = (name: string, at: number, figures: Figures): CountedReplica => {
  const [stage = '', own = ''] = name.split('/');
  return { stage, replica: own, state: 'working', details: [], at, figures };
};
const received = 'masque_extractor_received_messages_total';
const quarantined = (reason: string): string => `masque_loader_quarantined_messages_total{reason="${reason}"}`;

test('a rate is each replica’s difference over its own time, summed; labels and parts of one count together', () => {
  const before = [
    replica('extractor/a', 1_000, { [received]: 100 }),
    replica('extractor/b', 1_500, { [received]: 0 }),
    replica('loader/c', 1_000, { masque_loader_loaded_rows_total: 10, [quarantined('not_json')]: 1 }),
  ];
  const after = [
    replica('extractor/a', 3_000, { [received]: 300 }),
    replica('extractor/b', 2_500, { [received]: 7 }),
    replica('loader/c', 2_000, {
      masque_loader_loaded_rows_total: 20,
      [quarantined('not_json')]: 2,
      [quarantined('wrong_kind')]: 3,
    }),
  ];
  expect(paceOf(before, after)).toEqual({ received: 107, masked: undefined, loaded: 14, deleted: undefined });
});

test('a replica that came, went, stood still, or began anew tells no rate', () => {
  const came = paceOf([], [replica('extractor/a', 3_000, { [received]: 300 })]);
  const went = paceOf([replica('extractor/a', 3_000, { [received]: 300 })], []);
  const silent = paceOf(
    [replica('extractor/a', 3_000, { [received]: 3 })],
    [replica('extractor/a', 3_000, { [received]: 3 })],
  );
  const anew = paceOf(
    [replica('extractor/a', 3_000, { [received]: 9 })],
    [replica('extractor/a', 4_000, { [received]: 3 })],
  );
  const wordless = paceOf([replica('extractor/a', 3_000, {})], [replica('extractor/a', 4_000, {})]);
  for (const pace of [came, went, silent, anew, wordless]) expect(pace.received).toBe(undefined);
  const idle = paceOf(
    [replica('extractor/a', 3_000, { [received]: 3 })],
    [replica('extractor/a', 4_000, { [received]: 3 })],
  );
  expect(idle.received).toBe(0);
});

const queueOf = (visible: number, inFlight: number): Look => {
  const gone = { fault: new Fault('away', 'away', { heals: true }) };
  return { sqs: { value: { visible, inFlight, delayed: 0 } }, between: gone, postgres: gone };
};

test('the backlog drains at the pace of deleting, and in no time that could be told while nothing is', () => {
  const nothing = { received: undefined, masked: undefined, loaded: undefined, deleted: undefined };
  expect(backlogOf(queueOf(900, 100), { ...nothing, deleted: 50 })).toEqual({ messages: 1_000, drainS: 20 });
  expect(backlogOf(queueOf(900, 100), nothing)).toEqual({ messages: 1_000, drainS: undefined });
  expect(backlogOf(queueOf(900, 100), { ...nothing, deleted: 0 })).toEqual({ messages: 1_000, drainS: undefined });
  expect(backlogOf(queueOf(0, 0), nothing)).toEqual({ messages: 0, drainS: 0 });
  const unknown = { ...queueOf(1, 1), sqs: { fault: new Fault('sqs_unreachable', 'away', { heals: true }) } };
  expect(backlogOf(unknown, { ...nothing, deleted: 50 })).toBe(undefined);
});
