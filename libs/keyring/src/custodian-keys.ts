import { keyPaths } from '@masque/key-files';
import { type MaskKeys, readMaskFile, readUnmaskKeys, type RefusedKey, type UnmaskKeys } from '@masque/masking';

/** Every key of the custodian that may be used, PENDING ones included, and the names of those that may not. */
export interface CustodianKeys {
  readonly maskKeys: MaskKeys;
  readonly unmaskKeys: UnmaskKeys;
  readonly refused: readonly RefusedKey[];
}

/** @throws {Fault} `key_file_…` */
export async function openCustodianKeys(dir: string): Promise<CustodianKeys> {
  const { custodian } = keyPaths(dir);
  const [{ keys: maskKeys, refused }, unmaskKeys] = await Promise.all([
    readMaskFile(custodian.mask),
    readUnmaskKeys(custodian.unmask),
  ]);
  return { maskKeys, unmaskKeys, refused };
}
