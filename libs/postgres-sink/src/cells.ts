import { type Packed, packedLength, pickPacked, unpackTexts } from '@masque/handoff';
import { arrayLiteral } from './array-literal.ts';
import type { Cell, Cells } from './target.ts';

/** A column in either form; both are parameters of one statement, as pg sends bytes as PostgreSQL's binary format. */
function isPacked(cells: Cells): cells is Packed {
  return cells instanceof Buffer;
}

export function countOf(cells: Cells | undefined): number {
  if (cells === undefined) return 0;
  return isPacked(cells) ? packedLength(cells) : cells.length;
}

export function cellsOf(cells: Cells = []): readonly Cell[] {
  return isPacked(cells) ? unpackTexts(cells) : cells;
}

/** One cell, and no more texts than that. */
export function cellAt(cells: Cells | undefined, row: number): Cell {
  const cell = cells !== undefined && isPacked(cells) ? unpackTexts(pickPacked(cells, [row]))[0] : cells?.[row];
  return cell ?? null;
}

/** These rows of a column as a parameter, an array of PostgreSQL's. */
export function arrayOf(cells: Cells = [], rows: readonly number[]): string | Packed {
  const isWhole = rows.length === countOf(cells);
  if (isPacked(cells)) return isWhole ? cells : pickPacked(cells, rows);
  return arrayLiteral(isWhole ? cells : rows.map((row) => cells[row]));
}
