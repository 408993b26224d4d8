import type { z } from 'zod';
import type { BatchEnvelope } from './batch.ts';

/**
 * The contract of one arrow between two stages, as a value. The publisher may add what the schema takes
 * (`HandoffInput`); the consumer gets what it gives (`HandoffOutput`) and always parses, because Redis may hold a job
 * of an older or newer release, or of no release at all.
 *
 * On the wire, in BullMQ's job data: `{ "v": 1, …fields }`. Rules for change, so that two releases can run side by
 * side: a name never changes its meaning; a new field is optional until no release that lacks it can be running; a
 * change that an older consumer would misread raises `version`, and consumers leave versions they do not know to
 * replicas that do.
 */
export interface Handoff<Schema extends z.ZodType<BatchEnvelope> = z.ZodType<BatchEnvelope>> {
  /** Last part of the queue's name: `extracted`, `masked`, `settled`. */
  readonly name: string;
  readonly version: number;
  readonly schema: Schema;
  /** What goes on the wire. */
  write(value: z.input<Schema>): object;
  /** Never throws, and its refusals carry no value. */
  read(data: unknown): ReadResult<z.output<Schema>>;
}

export type HandoffInput<H> = H extends Handoff<infer Schema> ? z.input<Schema> : never;
export type HandoffOutput<H> = H extends Handoff<infer Schema> ? z.output<Schema> : never;

export type ReadResult<T> =
  | { readonly ok: true; readonly value: T }
  /** `version`: written by another release. `shape`: by none; `at` names the first offending field, never its value. */
  | { readonly ok: false; readonly why: 'version' | 'shape'; readonly at: string };

/** BullMQ's name of a pipeline's queue. It may hold no colon, which separates Redis keys. */
export function queueName(pipeline: string, handoff: string): string {
  return `${pipeline}.${handoff}`;
}

export function defineHandoff<Schema extends z.ZodType<BatchEnvelope>>(contract: {
  readonly name: string;
  readonly version: number;
  readonly schema: Schema;
}): Handoff<Schema> {
  const { name, version, schema } = contract;
  return Object.freeze({
    name,
    version,
    schema,
    write: (value: z.input<Schema>) => Object.assign({ v: version }, value, { v: version }),
    read(data: unknown): ReadResult<z.output<Schema>> {
      if (typeof data !== 'object' || data === null) return { ok: false, why: 'shape', at: '' };
      const written = (data as { readonly v?: unknown }).v;
      if (written !== version) {
        return { ok: false, why: Number.isSafeInteger(written) ? 'version' : 'shape', at: 'v' };
      }
      const parsed = schema.safeParse(data);
      if (parsed.success) return { ok: true, value: parsed.data };
      return { ok: false, why: 'shape', at: placeOf(parsed.error.issues[0]?.path ?? []) };
    },
  });
}

/** `rejects.3`: the contract's field, and the indices in it. Deeper names may be a record's keys, which are data. */
function placeOf([field, ...deeper]: readonly PropertyKey[]): string {
  const end = deeper.findIndex((key) => typeof key !== 'number');
  return [field ?? '', ...(end === -1 ? deeper : deeper.slice(0, end))].map(String).join('.');
}
