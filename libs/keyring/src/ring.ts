import {
  type KeyAccess,
  type KeyDescription,
  keyPaths,
  type KeyStatus,
  readDescription,
  readKeyFile,
  type RoleAccess,
} from '@masque/key-files';
import { readMaskFile, readUnmaskKeys } from '@masque/masking';
import { readSealPrivateKeys, readSealPublicKey } from '@masque/sealing';
import { z } from 'zod';

/**
 * The files of each use, in the order in which a change of them is written: at every point between two writes each
 * reader finds something that is right.
 * - A mask key is known to the custodian, in both files, before the masker has it. A public half without its private
 *   one opens nothing yet and disturbs nobody.
 * - Who opens knows a key before who seals.
 */
export const ringFiles = {
  mask: ['custodian/mask', 'custodian/unmask', 'masker/mask'],
  seal: ['masker/seal.private', 'extractor/seal.public'],
  quarantine: ['custodian/quarantine.private', 'masker/quarantine.public'],
} as const satisfies Record<KeyDescription['use'], readonly string[]>;

export type RingFile = (typeof ringFiles)[KeyDescription['use']][number];

/** A key as it stands in a file. What a change does not change is carried over unread. */
export type RingEntry = Readonly<Record<string, unknown>> & { readonly kid: string; readonly status: KeyStatus };

export interface RingContent {
  readonly role: string;
  readonly revision: number;
  readonly keys: readonly RingEntry[];
}

export function ringPath(dir: string, file: RingFile): string {
  const { extractor, masker, custodian } = keyPaths(dir);
  return {
    'custodian/mask': custodian.mask,
    'custodian/unmask': custodian.unmask,
    'custodian/quarantine.private': custodian.quarantinePrivate,
    'masker/mask': masker.mask,
    'masker/seal.private': masker.sealPrivate,
    'masker/quarantine.public': masker.quarantinePublic,
    'extractor/seal.public': extractor.sealPublic,
  }[file];
}

export function isSecret(file: RingFile): boolean {
  return !file.endsWith('.public');
}

const contentSchema = z.object({
  role: z.string(),
  revision: z.int().default(1),
  keys: z.array(z.looseObject({ kid: z.string(), status: z.string() })),
});

/** @throws {Fault} `key_file_…`, as its own reader throws: nothing is carried over that no stage could read */
export async function readRingFile(dir: string, file: RingFile, access: RoleAccess): Promise<RingContent> {
  const path = ringPath(dir, file);
  await readAsItsOwner(path, file, roleAccess(file, access));
  const content = await readKeyFile(path, { secret: isSecret(file), schema: contentSchema });
  return content as RingContent;
}

export function roleAccess(file: RingFile, access: RoleAccess): KeyAccess | undefined {
  return file.startsWith('custodian/') ? access.custodian : access.masker;
}

async function readAsItsOwner(path: string, file: RingFile, access: KeyAccess | undefined): Promise<unknown> {
  switch (file) {
    case 'custodian/mask':
    case 'masker/mask':
      return readMaskFile(path, { access });
    case 'custodian/unmask':
      return readUnmaskKeys(path, { access });
    case 'masker/seal.private':
    case 'custodian/quarantine.private':
      return readSealPrivateKeys(path, { access });
    case 'masker/quarantine.public':
    case 'extractor/seal.public':
      return readSealPublicKey(path);
    default:
      return file satisfies never;
  }
}

/** What `keys.json` says. @throws {Fault} `key_file_…` */
export async function readRingKeys(dir: string): Promise<readonly KeyDescription[]> {
  return readDescription(keyPaths(dir).description);
}
