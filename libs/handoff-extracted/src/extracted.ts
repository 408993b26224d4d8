import { batchEnvelope, defineHandoff, type HandoffOutput, isText, isWhole, listOf } from '@masque/handoff';
import { z } from 'zod';

/**
 * extractor → masker: messages as received. The bodies travel only inside `sealed`, which the masker alone can open;
 * the columns beside it are SQS's own metadata, one element a message, in the order of the sealed parts.
 */
export const extracted = defineHandoff({
  name: 'extracted',
  version: 1,
  // The release before took base64 in the job itself.
  raisedBy: { freight: 2 },
  schema: z
    .object({
      ...batchEnvelope,
      messageIds: listOf(isText, { least: 1 }),
      receipts: listOf(isText),
      /** SentTimestamp, epoch milliseconds: unchanged by redelivery, so the ledger's day and `create_date` are too. */
      sentAt: listOf(isWhole),
      /** What the messages say of who they were when they were first sent; empty where one says nothing. Unverified. */
      origins: listOf(isText).optional(),
      /** Epoch milliseconds of the receive call that brought the first message. */
      receivedAt: z.int(),
      /** A sealed batch (libs/sealing), bound to the batch's id. */
      sealed: z.union([z.instanceof(Buffer), z.string().transform((base64) => Buffer.from(base64, 'base64'))]),
    })
    .refine((b) => b.receipts.length === b.messageIds.length && b.sentAt.length === b.messageIds.length, {
      path: ['messageIds'],
    }),
});

export type ExtractedBatch = HandoffOutput<typeof extracted>;

/** What the sealed bodies are bound to, so that Redis cannot pass one batch's bodies off as another's. */
export function sealContext(pipeline: string, batch: string): string {
  return `masque/extracted/v1/${pipeline}/${batch}`;
}
