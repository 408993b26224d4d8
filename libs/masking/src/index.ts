export { canonicalise } from './canonical.ts';
export {
  checkRemoteKey,
  createKeys,
  type CreateKeysOptions,
  describeMaskKey,
  generateMaskKey,
  lineOf,
  type MaskKeyKind,
  type TokenLine,
} from './creation.ts';
export { fingerprint } from './fingerprint.ts';
export {
  type MaskKey,
  type MaskKeys,
  parseMaskKey,
  type PublicMaskKey,
  readMaskFile,
  readMaskKeys,
  readUnmaskKeys,
  type ReadKeysOptions,
  type RefusedKey,
  type SecretMaskKey,
  type UnmaskKey,
  type UnmaskKeys,
} from './keys.ts';
export { createFinder, type Finder, type FinderOptions, type FoundToken } from './finder.ts';
export { createMasker, type Masker, type MaskerOptions } from './masker.ts';
export { createOriginKeys, type Origin, type OriginKeys } from './origin.ts';
export { createEntryTranslator, type EntryTranslator, type SealedEntry } from './entry-translator.ts';
export { createTranslator, type Translator, type TranslatorKey, type TranslatorOptions } from './translator.ts';
export { parseToken, type Token, tokenStart } from './token.ts';
export { createUnmasker, type Unmasked, type Unmasker, type UnmaskerOptions, type UnmaskHelp } from './unmasker.ts';
export type { VaultEntries, VaultEntry } from './vault-entries.ts';
