import type { ActualColumn } from './target-table.ts';
import type { Target } from './target.ts';

export type Unfitness = 'column_missing' | 'column_type_differs' | 'column_too_short' | 'column_unfed';

export interface Unfit {
  readonly kind: Unfitness;
  readonly words: string;
}

/** Columns of the target that cannot take what the pipeline gives; empty when all fit. */
export function unfitColumns({ columns }: Pick<Target, 'columns'>, actual: readonly ActualColumn[]): Unfit[] {
  const unfit: Unfit[] = [];
  const add = (kind: Unfitness, words: string): number => unfit.push({ kind, words });
  const byName = new Map(actual.map((column) => [column.name, column]));

  for (const { name, type, tokenLength } of columns) {
    const column = byName.get(name);
    if (column === undefined) {
      add('column_missing', `column ${name} is missing`);
      continue;
    }
    const is = `column ${name} is ${column.type}`;
    const width = widthOf(column.type);
    const needed = tokenLength ?? widthGiven(type);
    if (column.generated) add('column_type_differs', `column ${name} is generated, but the pipeline gives its value`);
    else if (needed === undefined) {
      if (!takes(column.type, type)) add('column_type_differs', `${is}, but the pipeline gives ${type}`);
    } else if (width === undefined) {
      const given = tokenLength === undefined ? `the pipeline gives ${type}` : 'holds tokens, which are text';
      add('column_type_differs', `${is}, but ${given}`);
    } else if (width < needed) {
      const what = tokenLength === undefined ? 'values' : 'tokens';
      const length = needed === Infinity ? 'any length' : `up to ${needed} characters`;
      add('column_too_short', `${is}, but its ${what} have ${length}`);
    }
  }
  const fed = new Set(columns.map(({ name }) => name));
  for (const { name, required } of actual) {
    if (required && !fed.has(name)) {
      add('column_unfed', `column ${name} must have a value, but the pipeline gives none`);
    }
  }
  return unfit;
}

/** Characters a column of text holds; undefined for other types. */
function widthOf(type: string): number | undefined {
  if (type === 'text' || type === 'character varying') return Infinity;
  const width = /^character varying\((\d+)\)$/.exec(type)?.[1];
  return width === undefined ? undefined : Number(width);
}

/** Characters that a pipeline's text type may give; undefined for other types. */
function widthGiven(type: string): number | undefined {
  if (type === 'text') return Infinity;
  const width = /^varchar\((\d+)\)$/.exec(type)?.[1];
  return width === undefined ? undefined : Number(width);
}

/** Does a column of type `actual` hold every value of type `given`, neither of them text? */
function takes(actual: string, given: string): boolean {
  return actual === given || (wider[given] ?? []).includes(actual);
}

const wider: Readonly<Record<string, readonly string[]>> = {
  smallint: ['integer', 'bigint', 'numeric'],
  integer: ['bigint', 'numeric'],
  bigint: ['numeric'],
  timestamptz: ['timestamp with time zone'],
};
