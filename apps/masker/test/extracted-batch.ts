import { overTheWire } from '@masque/handoff/testing';
import { extracted, type ExtractedBatch, sealContext } from '@masque/handoff-extracted';
import { createSealer, type SealPublicKey } from '@masque/sealing';
import { sentAt } from './login.ts';

/** A batch of these bodies as the extractor seals it and Redis gives it to the masker. */
export async function anExtractedBatch(
  stageKeys: SealPublicKey,
  changes: Pick<ExtractedBatch, 'batch' | 'pipeline'> & Partial<ExtractedBatch>,
  bodies: readonly string[],
): Promise<ExtractedBatch> {
  const sealed = await createSealer(stageKeys).seal(
    bodies.map((body) => Buffer.from(body)),
    sealContext(changes.pipeline, changes.batch),
  );
  const read = overTheWire(extracted, {
    deadline: 99,
    messageIds: bodies.map((_, at) => `m-${at}`),
    receipts: bodies.map((_, at) => `r-${at}`),
    sentAt: bodies.map(() => sentAt),
    receivedAt: 7,
    sealed,
    ...changes,
  });
  if (!read.ok) throw new Error(`no extracted batch: ${read.at}`);
  return read.value;
}
