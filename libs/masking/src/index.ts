export { canonicalise } from './canonical.ts';
export { createKeys, type CreateKeysOptions } from './creation.ts';
export { type MaskKey, type MaskKeys, readMaskKeys, readUnmaskKeys, type UnmaskKey, type UnmaskKeys } from './keys.ts';
export { createMasker, type Masker, type MaskerOptions } from './masker.ts';
export { parseToken, type Token } from './token.ts';
export { createUnmasker, type Unmasked, type Unmasker, type UnmaskerOptions } from './unmasker.ts';
export { createOriginKeys, type Origin, type OriginKeys } from './origin.ts';
