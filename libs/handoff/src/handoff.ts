import type { z } from 'zod';
import type { BatchEnvelope } from './batch.ts';
import { reload, unload, type Wire } from './freight.ts';
import { isWhole } from './list.ts';

/**
 * The contract of one arrow between two stages, as a value. The publisher may add what the schema takes
 * (`HandoffInput`); the consumer gets what it gives (`HandoffOutput`) and always parses, because Redis may hold a job
 * of an older or newer release, or of no release at all.
 *
 * On the wire, in BullMQ's job data: `{ "v": 1, …fields }`, and what is bytes beside it (freight.ts). Rules for
 * change, so that two releases can run side by side: a name never changes its meaning; a new field is optional until
 * no release that lacks it can be running; a change that an older consumer would misread raises the version, and
 * consumers leave versions they do not know to replicas that do. Where only batches with a certain field would be
 * misread, the field raises the version of these alone: the others are still read by every release.
 */
export interface Handoff<Schema extends z.ZodType<BatchEnvelope> = z.ZodType<BatchEnvelope>> {
  /** Last part of the queue's name: `extracted`, `masked`, `settled`. */
  readonly name: string;
  /** Of a batch that has none of the fields which raise it. */
  readonly version: number;
  readonly schema: Schema;
  /** What goes on the wire. */
  write(value: z.input<Schema>): Wire;
  /**
   * Never throws, and its refusals carry no value.
   * @param freight the bytes that were stored under the job's `freightId`
   */
  read(data: unknown, freight?: Buffer): ReadResult<z.output<Schema>>;
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
  /**
   * Fields, `freight` among them, that a consumer of `version` must not overlook, and the version of a batch that has
   * one.
   */
  readonly raisedBy?: Readonly<Record<string, number>>;
}): Handoff<Schema> {
  const { name, version, schema, raisedBy = {} } = contract;
  const highest = Math.max(version, ...Object.values(raisedBy));
  const versionOf = (data: object): number => {
    const fields = data as Readonly<Record<string, unknown>>;
    return Math.max(version, ...Object.entries(raisedBy).map(([field, v]) => (fields[field] === undefined ? 0 : v)));
  };
  return Object.freeze({
    name,
    version,
    schema,
    write(value: z.input<Schema>) {
      const { data, freight } = unload(value as object as Readonly<Record<string, unknown>>);
      const v = versionOf(data);
      return { data: Object.assign({ v }, data, { v }), ...(freight === undefined ? {} : { freight }) };
    },
    read(data: unknown, freight?: Buffer): ReadResult<z.output<Schema>> {
      if (typeof data !== 'object' || data === null) return { ok: false, why: 'shape', at: '' };
      const written = (data as { readonly v?: unknown }).v;
      if (!isWhole(written)) return { ok: false, why: 'shape', at: 'v' };
      if (written < version || written > highest) return { ok: false, why: 'version', at: 'v' };
      const batch = reload(data as Readonly<Record<string, unknown>>, freight);
      if (batch === undefined) return { ok: false, why: 'shape', at: 'freight' };
      const parsed = schema.safeParse(batch);
      if (!parsed.success) return { ok: false, why: 'shape', at: placeOf(parsed.error.issues[0]?.path ?? []) };
      if (versionOf(data) !== written) return { ok: false, why: 'shape', at: 'v' };
      return { ok: true, value: parsed.data };
    },
  });
}

/** `rejects.3`: the contract's field, and the indices in it. Deeper names may be a record's keys, which are data. */
function placeOf([field, ...deeper]: readonly PropertyKey[]): string {
  const end = deeper.findIndex((key) => typeof key !== 'number');
  return [field ?? '', ...(end === -1 ? deeper : deeper.slice(0, end))].map(String).join('.');
}
