import type { KeyDescription } from '@masque/key-files';

/** Keys of one kind follow each other. */
export type KeyKind = Pick<KeyDescription, 'use' | 'method' | 'bits'>;

export function kindOf({ use, method, bits }: KeyKind): string {
  return `${use} ${method} ${bits ?? ''}`;
}

/** For a person: `abcdef, mask, rsa of 3072 bits`. */
export function nameOf({ kid, use, method, bits }: KeyDescription): string {
  return `${kid}, ${use}, ${method}${bits === undefined ? '' : ` of ${bits} bits`}`;
}
