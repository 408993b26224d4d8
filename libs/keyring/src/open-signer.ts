import { existsSync } from 'node:fs';
import { keyPaths, readSigner, type Signer } from '@masque/key-files';

/** What signs the files of a folder; undefined for a folder of a release that did not sign. @throws {Fault} `key_file_…` */
export async function openSigner(dir: string): Promise<Signer | undefined> {
  const { sign } = keyPaths(dir).custodian;
  return existsSync(sign) ? readSigner(sign) : undefined;
}
