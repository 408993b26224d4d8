import type { Handoff, HandoffInput, HandoffOutput } from '@masque/handoff';
import type { Publisher } from '@masque/job-queue';

/** A batch as it lies between two stages. */
export interface Lying {
  readonly json: string;
  /** What is bytes beside it. */
  readonly freight?: Buffer;
}

/** A queue as far as a batch notices it: it is written as JSON and bytes, and read by its contract. */
export interface Wire<H extends Handoff> extends Publisher<H> {
  /** It is gone from there. */
  take(batch: string): Lying;
}

export function createWire<H extends Handoff>(handoff: H): Wire<H> {
  const jobs = new Map<string, Lying>();
  return {
    async publish(batch: HandoffInput<H>) {
      const { data, freight } = handoff.write(batch);
      const bytes = freight === undefined ? {} : { freight: freight.bytes };
      jobs.set((batch as { readonly batch: string }).batch, { json: JSON.stringify(data), ...bytes });
    },
    take(batch) {
      const lying = jobs.get(batch);
      if (lying === undefined) throw new Error(`no batch was handed on by ${handoff.name}`);
      jobs.delete(batch);
      return lying;
    },
    close: async () => {},
  };
}

/** @throws a batch that its own contract refuses */
export function delivery<H extends Handoff>(handoff: H, { json, freight }: Lying) {
  const read = handoff.read(JSON.parse(json), freight);
  if (!read.ok) throw new Error(`a batch breaks the contract of ${handoff.name} at "${read.at}"`);
  return { batch: read.value as HandoffOutput<H>, earlierTries: 0, addedAt: 0 };
}
