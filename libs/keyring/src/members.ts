import type { KeyStatus } from '@masque/key-files';
import { fingerprint, type ReadKeysOptions, readMaskFile, readUnmaskKeys } from '@masque/masking';
import { readSealPrivateKeys, readSealPublicKey, sealFingerprint } from '@masque/sealing';
import { type RingFile, ringPath } from './ring.ts';

/** A key as one file has it. */
export interface Member {
  readonly kid: string;
  readonly status: KeyStatus;
  /** Absent where the file alone does not say: of a private half, of a key that is refused. */
  readonly fingerprint?: string;
}

/** What a role's own reader makes of its file. Of a file to seal to only the PRIMARY. @throws {Fault} `key_file_…` */
export async function readMembers(
  dir: string,
  file: RingFile,
  options: ReadKeysOptions = {},
): Promise<readonly Member[]> {
  const path = ringPath(dir, file);
  switch (file) {
    case 'custodian/mask':
    case 'masker/mask': {
      const { keys, refused } = await readMaskFile(path, options);
      return [
        ...keys.map((key) => ({ kid: key.kid, status: key.status, fingerprint: fingerprint(key) })),
        ...refused.map(({ kid, status }) => ({ kid, status })),
      ];
    }
    case 'custodian/unmask':
      return (await readUnmaskKeys(path, options)).map(({ kid, status }) => ({ kid, status }));
    case 'masker/seal.private':
    case 'custodian/quarantine.private':
      return (await readSealPrivateKeys(path, options)).map((key) => sealMember(key, key.status));
    case 'masker/quarantine.public':
    case 'extractor/seal.public':
      return [sealMember(await readSealPublicKey(path, options), 'PRIMARY')];
    default:
      return file satisfies never;
  }
}

function sealMember(key: Parameters<typeof sealFingerprint>[0], status: KeyStatus): Member {
  return { kid: key.kid, status, fingerprint: sealFingerprint(key) };
}
