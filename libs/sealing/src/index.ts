export {
  createSealKeys,
  type CreateSealKeysOptions,
  describeSealKey,
  readSealPrivateKeys,
  type ReadSealOptions,
  readSealPublicKey,
  writeSealKeys,
} from './files.ts';
export { generateSealKeys, sealFingerprint, type SealPrivateKey, type SealPublicKey } from './keys.ts';
export { createOpener, type Opener, type OpenerOptions } from './opener.ts';
export { createSealer, type Sealer, type SealerOptions } from './sealer.ts';
export { quarantineContext } from './context.ts';
