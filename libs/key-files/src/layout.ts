import { join } from 'node:path';

/** Who holds which file. A role is written in the file too, so that a file put in another's place is noticed. */
export interface KeyPaths {
  readonly extractor: { readonly sealPublic: string };
  readonly masker: { readonly sealPrivate: string; readonly quarantinePublic: string; readonly mask: string };
  readonly custodian: {
    readonly unmask: string;
    readonly quarantinePrivate: string;
    readonly mask: string;
    readonly sign: string;
  };
  /** What keys there are, without secrets. */
  readonly description: string;
}

/**
 * Where each file lies under MASQUE_KEYS_DIR. The setting means the same folder everywhere; a container mounts only
 * its own sub-folder of it, so what a stage must not hold is not there.
 */
export function keyPaths(dir: string): KeyPaths {
  return {
    extractor: { sealPublic: join(dir, 'extractor', 'seal.public.json') },
    masker: {
      sealPrivate: join(dir, 'masker', 'seal.private.json'),
      quarantinePublic: join(dir, 'masker', 'quarantine.public.json'),
      mask: join(dir, 'masker', 'mask.json'),
    },
    custodian: {
      unmask: join(dir, 'custodian', 'unmask.json'),
      quarantinePrivate: join(dir, 'custodian', 'quarantine.private.json'),
      mask: join(dir, 'custodian', 'mask.json'),
      sign: join(dir, 'custodian', 'sign.private.json'),
    },
    description: join(dir, 'keys.json'),
  };
}
