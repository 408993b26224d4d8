import { type KeyDescription, keyPaths, requireAbsent, writeDescription, writeSigner } from '@masque/key-files';
import { createKeys } from '@masque/masking';
import type { Pipeline } from '@masque/pipeline';
import { createSealKeys } from '@masque/sealing';
import { recordAudit } from './audit.ts';

/**
 * Makes every key of a pipeline, in one folder by role, and what signs their files. Nothing is overwritten: a key file
 * that is gone takes every token made with it along.
 * @throws {Fault} `key_file_exists`, `key_file_unwritable`, `audit_unwritable`
 */
export async function initKeys(dir: string, pipeline: Pipeline): Promise<readonly KeyDescription[]> {
  const { extractor, masker, custodian, description } = keyPaths(dir);
  await requireAbsent([description, ...[extractor, masker, custodian].flatMap((role) => Object.values<string>(role))]);
  const created = new Date();
  const signer = await writeSigner(custodian.sign);
  const announce = (kids: readonly string[]): Promise<void> =>
    recordAudit(dir, { verb: 'key_init', reason: 'masque keys init', count: kids.length, kids });
  const keys = [
    ...(await createSealKeys({ dir, created, signer, announce })),
    ...(await createKeys({ dir, mask: pipeline.mask, created, signer, announce })),
  ];
  await writeDescription(description, keys);
  return keys;
}
