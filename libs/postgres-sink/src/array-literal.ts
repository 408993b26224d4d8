import type { Cell } from './target.ts';

/**
 * A PostgreSQL array of one dimension as text (https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO). Quotes
 * around every string, so that a cell which reads NULL, or is empty, or holds a brace or comma, is that string.
 *
 * pg's own serialiser looks at each element for dates, buffers and nesting and escapes by two replacements: a row of
 * seven cells cost this process 3.7 µs in all with it, 2.4 with this. Columns that come packed (cells.ts) never get here.
 */
export function arrayLiteral(cells: readonly (Cell | undefined)[]): string {
  // `join` makes one flat text; adding to a text makes an object for each addition, 280 KB of them a batch.
  if (cells.length > 0 && cells.every(isPlainText)) return `{"${cells.join('","')}"}`;
  return `{${cells.map(element).join(',')}}`;
}

function element(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return 'NULL';
  if (typeof cell !== 'string') return String(cell);
  return isPlainText(cell) ? `"${cell}"` : `"${cell.replaceAll(special, String.raw`\$&`)}"`;
}

function isPlainText(cell: Cell | undefined): boolean {
  return typeof cell === 'string' && !cell.includes('"') && !cell.includes('\\');
}

const special = /["\\]/g;
