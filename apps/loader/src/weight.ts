import type { MaskedBatch } from '@masque/handoff-masked';

/** Bytes of a batch's texts: what else it holds is little beside them. */
export function weightOf({ columns, rejects, entries }: Pick<MaskedBatch, 'columns' | 'rejects' | 'entries'>): number {
  let weight = entries?.ciphertexts.length ?? 0;
  for (const cells of Object.values(columns)) {
    if (Buffer.isBuffer(cells)) weight += cells.length;
    else for (const cell of cells) if (typeof cell === 'string') weight += cell.length;
  }
  for (const { body } of rejects) weight += body.length;
  return weight;
}
