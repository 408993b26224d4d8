import type { Handoff, HandoffInput, HandoffOutput } from '@masque/handoff';
import type { Publisher } from '@masque/job-queue';

/** A queue as far as a batch notices it: it is written as JSON, and read by its contract. */
export interface Wire<H extends Handoff> extends Publisher<H> {
  /** The batch as it lies on the queue; it is gone from there. */
  take(batch: string): string;
}

export function createWire<H extends Handoff>(handoff: H): Wire<H> {
  const jobs = new Map<string, string>();
  return {
    async publish(batch: HandoffInput<H>) {
      jobs.set((batch as { readonly batch: string }).batch, JSON.stringify(handoff.write(batch)));
    },
    take(batch) {
      const text = jobs.get(batch);
      if (text === undefined) throw new Error(`no batch was handed on by ${handoff.name}`);
      jobs.delete(batch);
      return text;
    },
    close: async () => {},
  };
}

/** @throws a batch that its own contract refuses */
export function delivery<H extends Handoff>(handoff: H, text: string) {
  const read = handoff.read(JSON.parse(text));
  if (!read.ok) throw new Error(`a batch breaks the contract of ${handoff.name} at "${read.at}"`);
  return { batch: read.value as HandoffOutput<H>, earlierTries: 0, addedAt: 0 };
}
