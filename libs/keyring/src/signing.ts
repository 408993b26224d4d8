import { existsSync } from 'node:fs';
import { keyPaths, type RoleAccess, writeSigner } from '@masque/key-files';
import { changeKeys } from './change.ts';
import { openSigner } from './open-signer.ts';
import { readRingFile, type RingContent, type RingFile, ringFiles, ringPath } from './ring.ts';

/**
 * Signs every file anew, with a key that is made where there is none yet. The keys stay what they are.
 * @returns the signer's public half, for MASQUE_KEYS_SIGNER
 */
export async function signKeys(dir: string, reason: string, access: RoleAccess = {}): Promise<string> {
  const signer = (await openSigner(dir, access.custodian)) ?? (await writeSigner(keyPaths(dir).custodian.sign));
  return changeKeys(dir, access, async (keys) => {
    const files = new Map<RingFile, RingContent>();
    for (const file of Object.values(ringFiles).flat()) {
      if (existsSync(ringPath(dir, file))) files.set(file, await readRingFile(dir, file, access));
    }
    const kids = keys.map(({ kid }) => kid);
    return { audit: { verb: 'key_sign', reason, count: kids.length, kids }, files, keys, answer: signer.publicKey };
  });
}
