import { batchEnvelope, defineHandoff, type HandoffOutput, isText, listOf } from '@masque/handoff';
import { z } from 'zod';

/** loader → extractor: PostgreSQL has committed every message of the batch; delete them from SQS. */
export const settled = defineHandoff({
  name: 'settled',
  version: 1,
  schema: z.object({
    ...batchEnvelope,
    receipts: listOf(isText, { least: 1 }),
    receivedAt: z.int(),
  }),
});

export type SettledBatch = HandoffOutput<typeof settled>;
