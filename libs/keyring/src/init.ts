import { type KeyDescription, keyPaths, requireAbsent, writeDescription } from '@masque/key-files';
import { createKeys } from '@masque/masking';
import type { Pipeline } from '@masque/pipeline';
import { createSealKeys } from '@masque/sealing';

/**
 * Makes every key of a pipeline, in one folder by role. Nothing is overwritten: a key file that is gone takes every
 * token made with it along.
 * @throws {Fault} `key_file_exists`, `key_file_unwritable`
 */
export async function initKeys(dir: string, pipeline: Pipeline): Promise<readonly KeyDescription[]> {
  const { extractor, masker, custodian, description } = keyPaths(dir);
  await requireAbsent([description, ...[extractor, masker, custodian].flatMap((role) => Object.values<string>(role))]);
  const created = new Date();
  const keys = [
    ...(await createSealKeys({ dir, created })),
    ...(await createKeys({ dir, mask: pipeline.mask, created })),
  ];
  await writeDescription(description, keys);
  return keys;
}
