import type { KeyAccess } from '@masque/key-files';
import { createTranslator, type Translator } from '@masque/masking';
import type { Pipeline } from '@masque/pipeline';
import { openCustodianKeys } from './custodian-keys.ts';

/** Takes tokens of one key over to another, with the custodian's files of both. @throws {Fault} `key_…`, `rekey_…` */
export async function openTranslator(
  dir: string,
  pipeline: Pipeline,
  kids: { readonly from: string; readonly to: string },
  access?: KeyAccess,
): Promise<Translator> {
  return createTranslator({ mask: pipeline.mask, ...(await openCustodianKeys(dir, access)), ...kids });
}
