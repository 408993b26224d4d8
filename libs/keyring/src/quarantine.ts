import { type KeyAccess, keyPaths } from '@masque/key-files';
import type { Pipeline } from '@masque/pipeline';
import { createOpener, quarantineContext, readSealPrivateKeys } from '@masque/sealing';

/** Opens quarantined bodies with the custodian's key. @throws {Fault} `key_file_…`, `seal_…` */
export async function openQuarantineOpener(
  dir: string,
  pipeline: Pipeline,
  access?: KeyAccess,
): Promise<(sealed: Uint8Array, messageId: string) => Promise<Buffer>> {
  const opener = createOpener(await readSealPrivateKeys(keyPaths(dir).custodian.quarantinePrivate, { access }));
  return async (sealed, messageId) => {
    const [body = Buffer.alloc(0)] = await opener.open(sealed, quarantineContext(pipeline.name, messageId));
    return body;
  };
}
