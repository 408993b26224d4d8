import { type KeyAccess, keyPaths } from '@masque/key-files';
import { type MaskKeys, readMaskFile, readUnmaskKeys, type RefusedKey, type UnmaskKeys } from '@masque/masking';

/** Every key of the custodian that may be used, PENDING ones included, and the names of those that may not. */
export interface CustodianKeys {
  readonly maskKeys: MaskKeys;
  readonly unmaskKeys: UnmaskKeys;
  readonly refused: readonly RefusedKey[];
}

/** @throws {Fault} `key_file_…`, `passphrase_…`, `kms_…` */
export async function openCustodianKeys(dir: string, access?: KeyAccess): Promise<CustodianKeys> {
  const { custodian } = keyPaths(dir);
  const [{ keys: maskKeys, refused }, unmaskKeys] = await Promise.all([
    readMaskFile(custodian.mask, { access }),
    readUnmaskKeys(custodian.unmask, { access }),
  ]);
  return { maskKeys, unmaskKeys, refused };
}
