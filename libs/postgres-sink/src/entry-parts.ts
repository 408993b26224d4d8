import { Fault } from '@masque/fault';
import { type Packed, pickPacked } from '@masque/handoff';
import { arrayLiteral } from './array-literal.ts';
import { cellsOf } from './cells.ts';
import type { SinkBatch, Target } from './target.ts';

/** The vault's entries of some of a batch's rows, as parameters of SQL. */
export interface EntryParts {
  /** Has any of these rows a token of the vault? */
  needs(rows: readonly number[]): boolean;
  /** Tokens, kids and ciphertexts, for `vaultParts`. */
  of(rows: readonly number[]): [string, string, Packed];
}

/** @throws {Fault} `entry_missing` when a token came without its entry: it could never be opened again */
export function createEntryParts(target: Target, { columns, entries, rows }: SinkBatch): EntryParts {
  const tokenColumns = target.columns.filter(({ vault }) => vault === true).map(({ name }) => cellsOf(columns[name]));
  const placeOf = new Map((entries?.tokens ?? []).map((token, at) => [token, at]));
  const placesOf = (row: number): number[] =>
    tokenColumns.flatMap((cells) => {
      const cell = cells[row] ?? null;
      if (cell === null) return [];
      const place = placeOf.get(String(cell));
      if (place === undefined) throw missing();
      return [place];
    });
  const places = tokenColumns.length === 0 ? [] : rows.map((_, row) => placesOf(row));

  return {
    needs: (of) => of.some((row) => (places[row] ?? []).length > 0),
    of(some) {
      const chosen = [...new Set(some.flatMap((row) => places[row] ?? []))];
      const cells = (all: readonly string[]): string => arrayLiteral(chosen.map((place) => all[place]));
      // Rows have entries only where there are some.
      const { tokens, kids, ciphertexts } = entries!;
      const isWhole = chosen.length === tokens.length;
      return isWhole
        ? [arrayLiteral(tokens), arrayLiteral(kids), ciphertexts]
        : [cells(tokens), cells(kids), pickPacked(ciphertexts, chosen)];
    },
  };
}

/** The masker hands over an entry with every token of the vault, or nothing: so this is another definition's batch. */
function missing(): Fault {
  return new Fault('entry_missing', 'a token of the vault came without its entry, and would be lost for ever', {
    heals: false,
    setting: 'MASQUE_PIPELINE',
    advice: 'Run masker and loader on the same definition and release; nothing of the batch is loaded.',
  });
}
