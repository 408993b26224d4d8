import { z } from 'zod';
import { definePipeline, PipelineDefinitionError, rsa, versionNumber } from '../src/index.ts';

/** A definition without fault, as an author without a compiler might hand it over: any part can be replaced. */
export function aSpec(changes: Record<string, unknown> = {}) {
  return {
    name: 'visits',
    source: { queue: 'visit-queue' },
    record: z.object({
      id: z.string(),
      version: z.string(),
      ip: z.string(),
      device: z.string().nullable(),
      count: z.int(),
      seen: z.boolean().optional(),
      tags: z.array(z.string()),
    }),
    mask: { ip: rsa('address'), device: rsa('text', { bits: 2048 }) },
    target: { table: 'visits', columns: someColumns() },
    ...changes,
  };
}

export function someColumns(changes: Record<string, unknown> = {}) {
  return {
    id: { type: 'varchar(64)', from: 'id' },
    version: { type: 'integer', from: 'version', as: versionNumber },
    ip_token: { type: 'text', token: 'ip' },
    device_token: { type: 'varchar(354)', token: 'device' },
    count: { type: 'bigint', from: 'count' },
    seen: { type: 'boolean', from: 'seen' },
    message: { type: 'text', message: 'id' },
    sent_at: { type: 'timestamptz', message: 'sent_at' },
    day: { type: 'date', message: 'sent_day' },
    ...changes,
  };
}

export const define = definePipeline as unknown as (spec: unknown) => ReturnType<typeof definePipeline>;

/** What `definePipeline` has against it; empty when nothing. */
export function faultsOf(spec: unknown): readonly string[] {
  try {
    define(spec);
    return [];
  } catch (error) {
    if (error instanceof PipelineDefinitionError) return error.faults;
    throw error;
  }
}

/** The faults of one column beside the good ones. */
export function columnFaults(column: unknown): readonly string[] {
  return faultsOf(aSpec({ target: { table: 'visits', columns: someColumns({ extra: column }) } }));
}
