import { randomUUID } from 'node:crypto';
import { newBatchId, packTexts } from '@masque/handoff';
import { overTheWire } from '@masque/handoff/testing';
import { masked, type MaskedBatch } from '@masque/handoff-masked';

/** When the batches of these tests were received: long ago. */
export const receivedAt = Date.UTC(2025, 0, 15, 12) + 3_000;

/** A batch of two rows and a reject, as the loader reads it from Redis. */
export function aBatch(changes: Partial<MaskedBatch> = {}): MaskedBatch {
  const sentAt = receivedAt - 3_000;
  const read = overTheWire(masked, {
    batch: newBatchId(),
    pipeline: 'notes',
    deadline: sentAt + 60_000,
    trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    messageIds: [randomUUID(), randomUUID(), randomUUID()],
    receipts: ['r-0', 'r-1', 'r-2'],
    sentAt: [sentAt + 1_000, sentAt, sentAt + 2_000],
    receivedAt,
    rows: [0, 2],
    columns: { words: packTexts(['a', 'b']) },
    rejects: [{ at: 1, reason: 'not_json', fields: [], body: Buffer.from('sealed').toString('base64') }],
    keys: [{ kid: 'abcdef', method: 'rsa', fingerprint: 'f' }],
    ...changes,
  });
  if (!read.ok) throw new Error(`no masked batch: ${read.at}`);
  return read.value;
}

/** A batch as the queue hands it over. */
export const delivered = (batch: MaskedBatch) => ({ batch, earlierTries: 0, addedAt: 0 });
