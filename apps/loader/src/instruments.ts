import type { MaskedBatch } from '@masque/handoff-masked';
import type { Metrics } from '@masque/observability';
import type { LoadReport, SqlCall } from '@masque/postgres-sink';

/** What the loader counts. */
export function createInstruments(metrics: Metrics) {
  const rows = metrics.counter('masque_loader_loaded_rows_total', 'Rows inserted.');
  const batches = metrics.counter('masque_loader_loaded_batches_total', 'Batches committed.');
  const duplicates = metrics.counter(
    'masque_loader_duplicate_messages_total',
    'Messages that the ledger knew already.',
  );
  const quarantined = metrics.counter('masque_loader_quarantined_messages_total', 'Messages put aside, by reason.', [
    'reason',
  ]);
  const refused = metrics.counter('masque_loader_refused_rows_total', 'Rows that PostgreSQL refused, by SQLSTATE.', [
    'sqlstate',
  ]);
  const entries = metrics.counter(
    'masque_loader_vault_entries_total',
    'Entries stored in the vault: values that it had not seen before.',
  );
  const erased = metrics.counter(
    'masque_loader_erased_values_total',
    'Values of new rows whose entry in the vault was erased before, and stays so.',
  );
  const retries = metrics.counter('masque_loader_retries_total', 'Tries that waiting was expected to heal, by code.', [
    'code',
  ]);
  const faults = metrics.counter('masque_loader_faults_total', 'Batches that failed and are tried again, by code.', [
    'code',
  ]);
  const duration = metrics.histogram(
    'masque_loader_batch_duration_seconds',
    'From taking a batch to reporting it settled.',
    [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30],
  );
  const latency = metrics.histogram(
    'masque_loader_end_to_end_seconds',
    'From SentTimestamp of a batch’s oldest message to its commit.',
    [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600],
  );
  const statements = metrics.histogram(
    'masque_loader_sql_duration_seconds',
    'Statements of PostgreSQL from sending to answer, by name.',
    [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30],
    ['statement', 'outcome'],
  );
  let lastCommit = 0;
  metrics.gauge(
    'masque_loader_last_commit_timestamp_seconds',
    'When this process last committed; 0 before.',
    () => lastCommit / 1_000,
  );
  return {
    loaded(batch: MaskedBatch, report: LoadReport, seconds: number) {
      lastCommit = Date.now();
      batches.inc();
      rows.inc(report.rows);
      duplicates.inc(report.duplicates);
      for (const [reason, count] of Object.entries(report.rejects)) quarantined.inc({ reason }, count);
      for (const [sqlstate, count] of Object.entries(report.refused)) {
        quarantined.inc({ reason: 'refused_by_database' }, count);
        refused.inc({ sqlstate }, count);
      }
      entries.inc(report.vault?.stored ?? 0);
      erased.inc(report.vault?.erased ?? 0);
      duration.observe(seconds);
      latency.observe(Math.max(0, (lastCommit - Math.min(...batch.sentAt)) / 1_000));
    },
    retried: (code: string) => retries.inc({ code }),
    failed: (code: string) => faults.inc({ code }),
    queried: ({ statement, outcome, seconds }: SqlCall) => statements.observe({ statement, outcome }, seconds),
    /** What it says of itself to who cannot scrape it. */
    figures: () =>
      metrics.figures([
        'masque_loader_loaded_rows_total',
        'masque_loader_loaded_batches_total',
        'masque_loader_duplicate_messages_total',
        'masque_loader_quarantined_messages_total',
        'masque_loader_retries_total',
        'masque_loader_faults_total',
        'masque_loader_end_to_end_seconds',
      ]),
  };
}
