export { decodeBase64url, encodedBytes } from './base64url.ts';
export { type KeyDescription, readDescription, writeDescription } from './description.ts';
export { kidPattern, kidSchema, newKid } from './kid.ts';
export { keyPaths, type KeyPaths } from './layout.ts';
export { type ReadOptions, readKeyFile } from './read.ts';
export { type KeyStatus, keyStatusSchema } from './status.ts';
export { requireAbsent, type WriteOptions, writeKeyFile } from './write.ts';
