import { createMetrics } from '@masque/observability';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createInstruments } from '../src/instruments.ts';
import { aBatch } from './a-batch.ts';

const nothing = { rows: 0, rejects: {}, refused: {}, duplicates: 0 };

function setup() {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2025, 0, 15, 12, 0, 10) });
  onTestFinished(() => void vi.useRealTimers());
  const metrics = createMetrics({ stage: 'loader', pipeline: 'notes' });
  return {
    count: createInstruments(metrics),
    /** A sample's value, by its name and own labels; undefined where there is none. */
    read: async (name: string, labels = ''): Promise<number | undefined> => {
      const { text } = await metrics.expose();
      const line = text.split('\n').find((each) => each.startsWith(`masque_loader_${name}{${labels}`));
      return line === undefined ? undefined : Number(line.split(' ').at(-1));
    },
  };
}

test('before the first batch', async () => {
  const { read } = setup();
  expect(await read('last_commit_timestamp_seconds')).toBe(0);
  expect(await read('loaded_batches_total')).toBe(0);
});

test('a batch counts its rows, duplicates, rejects by reason and refusals by SQLSTATE', async () => {
  const { count, read } = setup();
  count.loaded(
    aBatch(),
    { rows: 5, rejects: { not_json: 2, wrong_kind: 1 }, refused: { 22001: 3, 23514: 1 }, duplicates: 4 },
    0.25,
  );
  count.loaded(aBatch(), { ...nothing, rows: 1, rejects: { not_json: 1 } }, 0.25);
  expect(await read('loaded_batches_total')).toBe(2);
  expect(await read('loaded_rows_total')).toBe(6);
  expect(await read('duplicate_messages_total')).toBe(4);
  expect(await read('quarantined_messages_total', 'reason="not_json"')).toBe(3);
  expect(await read('quarantined_messages_total', 'reason="wrong_kind"')).toBe(1);
  expect(await read('quarantined_messages_total', 'reason="refused_by_database"')).toBe(4);
  expect(await read('refused_rows_total', 'sqlstate="22001"')).toBe(3);
  expect(await read('batch_duration_seconds_sum')).toBe(0.5);
});

test('the way from end to end is from the oldest message’s sending to its commit', async () => {
  const { count, read } = setup();
  // The oldest of the batch was sent at 12:00:00.
  count.loaded(aBatch(), nothing, 0.1);
  expect(await read('end_to_end_seconds_sum')).toBe(10);
  expect(await read('last_commit_timestamp_seconds')).toBe(Date.UTC(2025, 0, 15, 12, 0, 10) / 1_000);
});

test('a clock behind SQS’s makes no negative latency', async () => {
  const { count, read } = setup();
  const later = Date.UTC(2025, 0, 15, 13);
  count.loaded(aBatch({ sentAt: [later, later, later] }), nothing, 0.1);
  expect(await read('end_to_end_seconds_sum')).toBe(0);
});

test('retries and faults, by code', async () => {
  const { count, read } = setup();
  count.retried('postgres_unreachable');
  count.retried('postgres_unreachable');
  count.failed('key_differs');
  expect(await read('retries_total', 'code="postgres_unreachable"')).toBe(2);
  expect(await read('faults_total', 'code="key_differs"')).toBe(1);
});
