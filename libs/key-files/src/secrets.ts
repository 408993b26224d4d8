import type { z } from 'zod';
import type { KeyAccess } from './access.ts';
import { openSecrets } from './closing.ts';
import { readKeyFile, type ReadOptions } from './read.ts';

export interface SecretOptions<Schema extends z.ZodType> extends Pick<ReadOptions<Schema>, 'schema' | 'signer'> {
  /** What opens secrets that are closed. */
  readonly access?: KeyAccess | undefined;
}

/**
 * Reads a key file of secrets and opens those that are closed. Apart from `readKeyFile`, so that who holds no secret
 * (the extractor) has no code that opens one.
 * @throws {Fault} as `readKeyFile`, and `passphrase_missing`, `passphrase_wrong`, `kms_…`
 */
export async function readSecrets<Schema extends z.ZodType>(
  path: string,
  { access, ...options }: SecretOptions<Schema>,
): Promise<z.output<Schema>> {
  const open = (content: Parameters<typeof openSecrets>[1]) => openSecrets(path, content, access);
  return readKeyFile(path, { ...options, secret: true, open });
}
