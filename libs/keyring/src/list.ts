import type { KeyDescription } from '@masque/key-files';
import { tokenStart } from '@masque/masking';
import { readRingKeys } from './ring.ts';

/** Every key that there is or was, without its secret. @throws {Fault} `key_file_…` */
export async function listKeys(dir: string): Promise<readonly KeyDescription[]> {
  return readRingKeys(dir);
}

/** How every token of a key begins; undefined where tokens look like values and name no key. */
export function tokenStartOf({ use, method, kid }: KeyDescription): string | undefined {
  if (use !== 'mask') return undefined;
  switch (method) {
    case 'rsa':
    case 'vault':
    case 'siv':
    case 'hmac':
      return tokenStart(method, kid);
    default:
      return undefined;
  }
}
