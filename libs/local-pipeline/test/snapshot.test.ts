import { expect, test } from 'vitest';
import type { Samples } from '../src/exposition.ts';
import { createSnapshots } from '../src/snapshot.ts';
import type { StageName, StageProcess } from '../src/stage-process.ts';

/** A replica that answers as the test lets it. */
function replica(stage: StageName, answers: (Samples | undefined | 'dead')[]): StageProcess {
  const scrape = async (): Promise<Samples | undefined> => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === 'dead') throw new Error('it has ended');
    return answer;
  };
  return { stage, scrape } as unknown as StageProcess;
}

const loader = (rows: number, quarantined: number, peak: number): Samples => ({
  masque_loader_loaded_rows_total: rows,
  masque_loader_quarantined_messages_total: quarantined,
  process_cpu_seconds_total: 0.5,
  process_peak_resident_memory_bytes: peak,
});

test('counts over replicas; the peak is the largest', async () => {
  const extractor = {
    masque_extractor_sent_messages_total: 12,
    masque_extractor_deleted_messages_total: 9,
    masque_extractor_first_received_timestamp_seconds: 100,
  };
  const take = createSnapshots([
    replica('extractor', [{ ...extractor }]),
    replica('extractor', [{ ...extractor, masque_extractor_first_received_timestamp_seconds: 99 }]),
    replica('loader', [{ ...loader(5, 1, 300), masque_loader_last_commit_timestamp_seconds: 105 }]),
    // Has not committed yet, which a gauge says as 0.
    replica('loader', [{ ...loader(7, 0, 200), masque_loader_last_commit_timestamp_seconds: 0 }]),
  ]);
  expect(await take()).toMatchObject({
    stages: {
      extractor: { messages: 24 },
      masker: { messages: 0, cpuMs: 0, peakRssBytes: 0 },
      loader: { messages: 13, cpuMs: 1_000, peakRssBytes: 300 },
    },
    deleted: 18,
    firstReceived: 99_000,
    lastCommit: 105_000,
  });
});

test('a replica that does not answer counts with what it said last', async () => {
  const said = { masque_masker_masked_records_total: 40, masque_masker_rejected_messages_total: 2 };
  const take = createSnapshots([replica('masker', [said, undefined, 'dead'])]);
  for (const look of ['alive', 'silent', 'dead']) {
    expect({ look, ...(await take()).stages.masker }).toMatchObject({ look, messages: 42 });
  }
});
