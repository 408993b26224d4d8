/**
 * What the vault holds of a value, for the custodian alone:
 *
 *     entry = 0x01 || RSAES-OAEP(public key, K; SHA-256, MGF1-SHA-256, empty label) || nonce || AES-256-GCM(K, nonce, padded value)
 *     K     = 32 random bytes, for the values that are encrypted together; nonce: their number among them, in 12 bytes
 *
 * An RSA operation is a hundred times dearer than AES, and the values of a batch can share one: K is made for them,
 * and forgotten with the call. So the masker has nothing that opens what it made a moment ago, as with RSA for each
 * value, and each entry opens by itself: the others of its batch may be erased, or be gone.
 *
 * RSAES-OAEP hides how long a value is; GCM does not. So values are padded to a multiple of 64 bytes (0x80, then
 * zeros, as in ISO/IEC 7816-4), which makes all addresses and nearly all ids alike.
 *
 * An entry as long as the modulus is one of before: RSAES-OAEP of the value itself.
 */
import { constants, createCipheriv, createDecipheriv, type KeyObject, publicEncrypt, randomBytes } from 'node:crypto';
import { decryptOaep, modulusBytes } from './oaep.ts';
import { isRemote, type PrivateKey, publicHalf } from './private-key.ts';

const version = 1;
const cipher = 'aes-256-gcm';
const [keyBytes, nonceBytes, tagBytes, blockBytes] = [32, 12, 16, 64];

/** Padding of RSA is random: two calls never make one ciphertext. */
const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const;

export interface EntryEncryption {
  /** Entries of these values, in their order. */
  encrypt(this: void, values: readonly string[]): Buffer[];
  /** Bytes of a value's entry. */
  bytesFor(this: void, value: string): number;
}

export function createEntryEncryption(publicKey: KeyObject): EntryEncryption {
  // Asked once: Node looks into the key for it, which takes as long as to encrypt a value.
  const headBytes = 1 + modulusBytes(publicKey);
  return {
    encrypt(values) {
      if (values.length === 0) return [];
      const key = randomBytes(keyBytes);
      const head = Buffer.concat([Buffer.of(version), publicEncrypt({ key: publicKey, ...oaep }, key)]);
      const entries = values.map((value, at) => Buffer.concat([head, ...sealed(key, at, value)]));
      key.fill(0);
      return entries;
    },
    bytesFor: (value) => headBytes + nonceBytes + paddedBytes(value) + tagBytes,
  };
}

/** Nonce, ciphertext and tag. */
function sealed(key: Buffer, at: number, value: string): [Buffer, Buffer, Buffer] {
  const nonce = Buffer.alloc(nonceBytes);
  nonce.writeUInt32BE(at, nonceBytes - 4);
  const encryption = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes });
  const ciphertext = encryption.update(padded(value));
  encryption.final();
  return [nonce, ciphertext, encryption.getAuthTag()];
}

export type OpenEntry = (entry: Uint8Array) => Promise<Uint8Array | undefined>;

/**
 * Undefined for what was not encrypted to this key. Keys of the last thousands of batches are remembered, since one
 * stands for hundreds of entries, and a service asks money for each.
 */
export function createEntryOpening(privateKey: PrivateKey): OpenEntry {
  const bytes = modulusBytes(publicHalf(privateKey));
  const keys = new Map<string, Promise<Uint8Array | undefined>>();
  const decrypt = (ciphertext: Uint8Array): Promise<Uint8Array | undefined> =>
    isRemote(privateKey) ? privateKey.decryptOaep(ciphertext) : decryptOaep(privateKey, ciphertext);

  function keyOf(encrypted: Buffer): Promise<Uint8Array | undefined> {
    const id = encrypted.toString('latin1');
    const known = keys.get(id);
    if (known !== undefined) return known;
    const key = decrypt(encrypted);
    // A service that is away is asked again.
    key.catch(() => keys.delete(id));
    keys.set(id, key);
    const [oldest] = keys.keys();
    if (keys.size > rememberedKeys && oldest !== undefined) keys.delete(oldest);
    return key;
  }

  return async (given) => {
    const entry = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    if (entry.length === bytes) return decrypt(entry);
    if (entry[0] !== version || entry.length < 1 + bytes + nonceBytes + tagBytes) return undefined;
    const key = await keyOf(entry.subarray(1, 1 + bytes));
    return key?.length === keyBytes ? valueOf(key, entry.subarray(1 + bytes)) : undefined;
  };
}

const rememberedKeys = 10_000;

function valueOf(key: Uint8Array, sealed: Buffer): Buffer | undefined {
  const tagAt = sealed.length - tagBytes;
  const decryption = createDecipheriv(cipher, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decryption.setAuthTag(sealed.subarray(tagAt));
  const value = decryption.update(sealed.subarray(nonceBytes, tagAt));
  try {
    decryption.final();
  } catch {
    return undefined;
  }
  return value.subarray(0, value.lastIndexOf(0x80));
}

function padded(value: string): Buffer {
  const bytes = Buffer.alloc(paddedBytes(value));
  bytes[bytes.write(value)] = 0x80;
  return bytes;
}

/** At least one byte of padding. */
function paddedBytes(value: string): number {
  return blockBytes * Math.ceil((Buffer.byteLength(value) + 1) / blockBytes);
}
