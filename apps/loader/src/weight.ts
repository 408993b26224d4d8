import type { MaskedBatch } from '@masque/handoff-masked';

/** Characters of a batch's texts: what else it holds is little beside them. */
export function weightOf({ columns, rejects }: Pick<MaskedBatch, 'columns' | 'rejects'>): number {
  let weight = 0;
  for (const cells of Object.values(columns)) {
    for (const cell of cells) if (typeof cell === 'string') weight += cell.length;
  }
  for (const { body } of rejects) weight += body.length;
  return weight;
}
