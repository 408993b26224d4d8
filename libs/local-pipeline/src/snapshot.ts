import type { Samples } from './exposition.ts';
import { type AppName, type StageName, type StageProcess, stages } from './stage-process.ts';

export interface StageSnapshot {
  /** Messages that this stage has taken care of, over its replicas. */
  readonly messages: number;
  /** CPU time, user and system, over its replicas; milliseconds. */
  readonly cpuMs: number;
  /** Of the replica with the largest; bytes. */
  readonly peakRssBytes: number;
}

export interface Snapshot {
  readonly at: number;
  readonly stages: Readonly<Record<StageName, StageSnapshot>>;
  /** Messages whose visibility timeout was extended, counted each time. */
  readonly extended: number;
  /** Messages deleted from SQS. */
  readonly deleted: number;
  /** Epoch milliseconds; undefined before. */
  readonly firstReceived: number | undefined;
  readonly lastCommit: number | undefined;
}

/** What each stage's progress is read from. */
const progressOf: Readonly<Record<StageName, readonly string[]>> = {
  extractor: ['masque_extractor_sent_messages_total'],
  masker: ['masque_masker_masked_records_total', 'masque_masker_rejected_messages_total'],
  loader: ['masque_loader_loaded_rows_total', 'masque_loader_quarantined_messages_total'],
};

/** Asks every replica how far it is. A replica that does not answer counts with what it said last. */
export function createSnapshots(processes: readonly StageProcess<AppName>[]): () => Promise<Snapshot> {
  const last = new Map<StageProcess<AppName>, Samples>();
  return async () => {
    await Promise.all(
      processes.map(async (process) => {
        const samples = await process.scrape().catch(() => undefined);
        if (samples !== undefined) last.set(process, samples);
      }),
    );
    const of = (stage: StageName): Samples[] =>
      processes.filter((process) => process.stage === stage).map((process) => last.get(process) ?? {});
    const entries = stages.map((stage): [StageName, StageSnapshot] => [
      stage,
      {
        messages: sum(of(stage).flatMap((samples) => progressOf[stage].map((name) => samples[name]))),
        cpuMs: sum(of(stage).map((samples) => samples['process_cpu_seconds_total'])) * 1_000,
        peakRssBytes: Math.max(0, ...of(stage).map((samples) => samples['process_peak_resident_memory_bytes'] ?? 0)),
      },
    ]);
    return {
      at: Date.now(),
      stages: Object.fromEntries(entries) as Record<StageName, StageSnapshot>,
      extended: sum(of('extractor').map((samples) => samples['masque_extractor_extended_messages_total'])),
      deleted: sum(of('extractor').map((samples) => samples['masque_extractor_deleted_messages_total'])),
      firstReceived: times(of('extractor'), 'masque_extractor_first_received_timestamp_seconds')[0],
      lastCommit: times(of('loader'), 'masque_loader_last_commit_timestamp_seconds').at(-1),
    };
  };
}

function sum(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}

/** In order; a replica that has none is left out. */
function times(samples: readonly Samples[], name: string): number[] {
  return samples
    .flatMap((each) => (each[name] === undefined || each[name] === 0 ? [] : [each[name] * 1_000]))
    .sort((a, b) => a - b);
}
