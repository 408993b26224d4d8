import { type KeyAccess, keyPaths } from '@masque/key-files';
import { createFinder, type Finder, readMaskKeys } from '@masque/masking';
import type { Pipeline } from '@masque/pipeline';

/** From values to tokens, as the custodian: under every key that may be used. @throws {Fault} `key_file_…`, `passphrase_…` */
export async function openFinder(dir: string, pipeline: Pipeline, access?: KeyAccess): Promise<Finder> {
  const keys = await readMaskKeys(keyPaths(dir).custodian.mask, { access });
  return createFinder({ mask: pipeline.mask, keys });
}
