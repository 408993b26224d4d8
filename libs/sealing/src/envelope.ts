import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { kidPattern } from '@masque/key-files';
import { encapsulatedBytes } from './suite.ts';

/**
 * A sealed batch on the wire:
 *
 *     version 1 | kid 6 | encapsulated secret 32 | nonce 12 | ciphertext | tag 16      (bytes)
 *
 * The associated data are these first 51 bytes and then the caller's context. The header's length is fixed, so the
 * two cannot be shifted into each other.
 */
const version = 1;
const [kidAt, encapsulatedAt] = [1, 7];
const nonceAt = encapsulatedAt + encapsulatedBytes;
const bodyAt = nonceAt + 12;
const tagBytes = 16;
const algorithm = 'aes-256-gcm';

/** Bytes that sealing adds to what is sealed. */
export const overheadBytes = bodyAt + tagBytes;

export interface Header {
  readonly kid: string;
  readonly encapsulated: Buffer;
}

/**
 * `count` is the nonce: the deterministic construction of NIST SP 800-38D section 8.2.1. A session's key is made for
 * it, lives in one process's memory and is never stored, so a counter from 0 cannot repeat under it, where random
 * nonces would only be unlikely to.
 */
export function encrypt(header: Header, key: KeyObject, count: number, plain: Uint8Array, context: string): Buffer {
  const sealed = Buffer.alloc(plain.length + overheadBytes);
  sealed.writeUInt8(version, 0);
  sealed.write(header.kid, kidAt, 'latin1');
  header.encapsulated.copy(sealed, encapsulatedAt);
  sealed.writeBigUInt64BE(BigInt(count), nonceAt + 4);
  const cipher = createCipheriv(algorithm, key, sealed.subarray(nonceAt, bodyAt), { authTagLength: tagBytes });
  cipher.setAAD(associatedData(sealed, context));
  cipher.update(plain).copy(sealed, bodyAt);
  cipher.final();
  cipher.getAuthTag().copy(sealed, bodyAt + plain.length);
  return sealed;
}

/** What can be known of a sealed batch without its key; undefined when it is none. */
export function readHeader(sealed: Buffer): Header | undefined {
  if (sealed.length < overheadBytes || sealed[0] !== version) return undefined;
  const kid = sealed.toString('latin1', kidAt, encapsulatedAt);
  if (!kidPattern.test(kid)) return undefined;
  return { kid, encapsulated: sealed.subarray(encapsulatedAt, nonceAt) };
}

/** Undefined when a bit of it, or the context, is not what was sealed. */
export function decrypt(sealed: Buffer, key: KeyObject, context: string): Buffer | undefined {
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(nonceAt, bodyAt), { authTagLength: tagBytes });
  decipher.setAAD(associatedData(sealed, context));
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  const plain = decipher.update(sealed.subarray(bodyAt, sealed.length - tagBytes));
  try {
    decipher.final();
    return plain;
  } catch {
    plain.fill(0);
    return undefined;
  }
}

function associatedData(sealed: Buffer, context: string): Buffer {
  return Buffer.concat([sealed.subarray(0, bodyAt), Buffer.from(context)]);
}
