import { keyPaths } from '@masque/key-files';
import { createUnmasker, readMaskKeys, readUnmaskKeys, type Unmasker } from '@masque/masking';
import type { Pipeline } from '@masque/pipeline';

/** The custodian's files of a folder, as an unmasker. @throws {Fault} `key_file_…`, `key_pair_mismatch` */
export async function openUnmasker(dir: string, pipeline: Pipeline): Promise<Unmasker> {
  const { custodian } = keyPaths(dir);
  const [maskKeys, unmaskKeys] = await Promise.all([readMaskKeys(custodian.mask), readUnmaskKeys(custodian.unmask)]);
  return createUnmasker({ mask: pipeline.mask, maskKeys, unmaskKeys });
}
