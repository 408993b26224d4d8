import type { KeyAccess } from '@masque/key-files';
import { createUnmasker, type Unmasker } from '@masque/masking';
import type { Pipeline } from '@masque/pipeline';
import { openCustodianKeys } from './custodian-keys.ts';

/** The custodian's files of a folder, as an unmasker. @throws {Fault} `key_file_…`, `key_pair_mismatch` */
export async function openUnmasker(dir: string, pipeline: Pipeline, access?: KeyAccess): Promise<Unmasker> {
  return createUnmasker({ mask: pipeline.mask, ...(await openCustodianKeys(dir, access)) });
}
