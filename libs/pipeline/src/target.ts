import type { Pipeline } from './define.ts';
import { tokenLength } from './token-length.ts';

/** A pipeline's table as `libs/postgres-sink` takes it, with the width that each token column needs. */
export function toTarget({ name, mask, target }: Pipeline) {
  return {
    name,
    table: target.table,
    columns: target.columns.map(({ name: column, type, source }) => {
      const spec = source.kind === 'token' ? mask[source.field] : undefined;
      return { name: column, type, ...(spec === undefined ? {} : { tokenLength: tokenLength(spec) }) };
    }),
  };
}
