import { batchEnvelope, defineHandoff, type HandoffInput, newBatchId } from '@masque/handoff';
import { z } from 'zod';

/** Two handoffs that are not the pipeline's: an adapter knows none. */
export const letters = defineHandoff({
  name: 'letters',
  version: 1,
  schema: z.object({ ...batchEnvelope, text: z.string(), photo: z.instanceof(Buffer).optional() }),
});

export const parcels = defineHandoff({
  name: 'parcels',
  version: 1,
  schema: z.object({ ...batchEnvelope, grams: z.number() }),
});

/** The same queue as a newer release writes it. */
export const newerLetters = defineHandoff({
  name: 'letters',
  version: 2,
  schema: z.object({ ...batchEnvelope, lines: z.array(z.string()) }),
});

type Letter = HandoffInput<typeof letters>;

export function aLetter(given: Partial<Letter> = {}): Letter {
  return { batch: newBatchId(), pipeline: 'post', deadline: Date.now() + 60_000, text: 'Dear Sir', ...given };
}
