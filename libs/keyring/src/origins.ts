import { type KeyAccess, keyPaths } from '@masque/key-files';
import { createOriginKeys, type OriginKeys, readMaskKeys } from '@masque/masking';
import type { Pipeline } from '@masque/pipeline';

/** Signs origins of messages that are sent again, as the custodian. @throws {Fault} `key_file_…` */
export async function openOriginKeys(dir: string, pipeline: Pipeline, access?: KeyAccess): Promise<OriginKeys> {
  return createOriginKeys(pipeline.name, await readMaskKeys(keyPaths(dir).custodian.mask, { access }));
}
