import { isTextType } from './column.ts';
import type { Pipeline } from './define.ts';
import { tokenLength } from './token-length.ts';

/** A pipeline's table as `libs/postgres-sink` takes it, with what each column of tokens needs: its width, and whether entries of the vault come along. */
export function toTarget({ name, mask, target }: Pipeline) {
  return {
    name,
    table: target.table,
    columns: target.columns.map(({ name: column, type, source }) => {
      const spec = source.kind === 'token' ? mask[source.field] : undefined;
      const vault = spec?.method === 'vault' ? { vault: true as const } : {};
      return { name: column, type, ...(spec === undefined ? {} : { tokenLength: tokenLength(spec), ...vault }) };
    }),
  };
}

/** Names of the columns whose cells are texts. */
export function textColumns({ target }: Pipeline): ReadonlySet<string> {
  return new Set(target.columns.filter(({ type }) => isTextType(type)).map(({ name }) => name));
}
