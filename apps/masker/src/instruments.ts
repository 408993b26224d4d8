import type { Masker } from '@masque/masking';
import type { Metrics } from '@masque/observability';
import type { MaskedColumns } from './mask-batch.ts';

/** What the masker counts. */
export function createInstruments(metrics: Metrics, masker: Pick<Masker, 'stats' | 'entriesEncrypted'>) {
  const records = metrics.counter('masque_masker_masked_records_total', 'Records that became rows.');
  const batches = metrics.counter('masque_masker_masked_batches_total', 'Batches handed to the loader.');
  const rejects = metrics.counter('masque_masker_rejected_messages_total', 'Messages put aside, by reason.', [
    'reason',
  ]);
  const extra = metrics.counter(
    'masque_masker_ignored_fields_total',
    'Members of records that the pipeline does not name.',
  );
  const faults = metrics.counter('masque_masker_faults_total', 'Batches that failed and are tried again, by code.', [
    'code',
  ]);
  const duration = metrics.histogram(
    'masque_masker_batch_duration_seconds',
    'From taking a batch to handing it over.',
    [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5],
  );
  const hits = metrics.counter('masque_masker_memo_hits_total', 'Tokens found among the remembered.');
  const misses = metrics.counter('masque_masker_memo_misses_total', 'Tokens that had to be made.');
  const encrypted = metrics.counter(
    'masque_masker_vault_entries_encrypted_total',
    'Entries of the vault that were encrypted, and not found among the remembered.',
  );
  let known = masker.stats();
  let knownEncrypted = masker.entriesEncrypted();
  return {
    masked(batch: MaskedColumns, seconds: number) {
      batches.inc();
      records.inc(batch.rows.length);
      for (const { reason } of batch.rejects) rejects.inc({ reason });
      if (batch.extraFields > 0) extra.inc(batch.extraFields);
      duration.observe(seconds);
      const now = masker.stats();
      hits.inc(now.hits - known.hits);
      misses.inc(now.misses - known.misses);
      known = now;
      encrypted.inc(masker.entriesEncrypted() - knownEncrypted);
      knownEncrypted = masker.entriesEncrypted();
    },
    failed: (code: string) => faults.inc({ code }),
    /** What it says of itself to who cannot scrape it. */
    figures: () =>
      metrics.figures([
        'masque_masker_masked_records_total',
        'masque_masker_masked_batches_total',
        'masque_masker_rejected_messages_total',
        'masque_masker_memo_hits_total',
        'masque_masker_memo_misses_total',
        'masque_masker_faults_total',
      ]),
  };
}
