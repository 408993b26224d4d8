import { existsSync } from 'node:fs';
import { type KeyAccess, keyPaths, readSigner, readSignerName, type Signer } from '@masque/key-files';

/** What signs the files of a folder; undefined for a folder of a release that did not sign. @throws {Fault} `key_file_…` */
export async function openSigner(dir: string, access?: KeyAccess): Promise<Signer | undefined> {
  const { sign } = keyPaths(dir).custodian;
  return existsSync(sign) ? readSigner(sign, access) : undefined;
}

/** Its public half alone, for which nothing has to be opened. @throws {Fault} `key_file_…` */
export async function signerOf(dir: string): Promise<string | undefined> {
  const { sign } = keyPaths(dir).custodian;
  return existsSync(sign) ? readSignerName(sign) : undefined;
}
