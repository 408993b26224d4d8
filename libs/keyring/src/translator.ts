import type { KeyAccess } from '@masque/key-files';
import { createEntryTranslator, createTranslator, type EntryTranslator, type Translator } from '@masque/masking';
import type { Pipeline } from '@masque/pipeline';
import { openCustodianKeys } from './custodian-keys.ts';

/**
 * Takes tokens of one key over to another, or, of the method vault, entries, with the custodian's files of both.
 * @throws {Fault} `key_…`, `rekey_…`
 */
export async function openTranslator(
  dir: string,
  pipeline: Pipeline,
  kids: { readonly from: string; readonly to: string },
  access?: KeyAccess,
): Promise<Translator | EntryTranslator> {
  const options = { mask: pipeline.mask, ...(await openCustodianKeys(dir, access)), ...kids };
  const isVault = options.maskKeys.some(({ kid, method }) => kid === kids.from && method === 'vault');
  return isVault ? createEntryTranslator(options) : createTranslator(options);
}
