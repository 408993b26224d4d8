export { type KeyAccess, type Kms, kmsPattern, type RoleAccess } from './access.ts';
export { decodeBase64url, encodedBytes } from './base64url.ts';
export { type KeyDescription, keyMethods, keyUses, readDescription, writeDescription } from './description.ts';
export { closeEntry, type Closing, closingOf, type RoleClosing } from './closing.ts';
export { kidPattern, kidSchema, newKid } from './kid.ts';
export { createKeyAccess, type PassphraseSource, readPassphraseFile } from './passphrase-file.ts';
export { keyPaths, type KeyPaths } from './layout.ts';
export { type ReadOptions, readKeyFile } from './read.ts';
export { readSecrets, type SecretOptions } from './secrets.ts';
export { type Signer } from './signature.ts';
export { readSigner, readSignerName, writeSigner } from './signer-file.ts';
export {
  firstStatusSchema,
  isUsable,
  type KeyStatus,
  keyStatusSchema,
  livingStatusSchema,
  mayBecome,
  type RefusedStatus,
  type UsableStatus,
} from './status.ts';
export { destroyedEntry, keyFileSchema } from './versions.ts';
export { requireAbsent, type WriteOptions, writeKeyFile } from './write.ts';
