import { constants, hash, type KeyObject, publicEncrypt, webcrypto } from 'node:crypto';

/**
 * RSAES-OAEP (RFC 8017 section 7.1) with a seed of the caller's choice, an empty label, and MGF1 over the same hash.
 *
 * node:crypto draws the seed itself and cannot be given one. So the padding is here, and the RSA step is OpenSSL's
 * with RSA_NO_PADDING. What comes out is ordinary RSAES-OAEP: opening it is left to OpenSSL entirely.
 */
export type OaepHash = 'sha1' | 'sha256';

const hashBytes: Readonly<Record<OaepHash, number>> = { sha1: 20, sha256: 32 };
const webHash: Readonly<Record<OaepHash, string>> = { sha1: 'SHA-1', sha256: 'SHA-256' };

const empty = new Uint8Array();
const emptyLabelHash: Readonly<Record<OaepHash, Buffer>> = {
  sha1: hash('sha1', empty, 'buffer'),
  sha256: hash('sha256', empty, 'buffer'),
};

/** k of RFC 8017: the modulus's length in bytes, rounded up. */
export function modulusBytes(key: KeyObject): number {
  return Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
}

/** The longest message that a modulus of `k` bytes takes (RFC 8017 section 7.1.1, step 1b). */
export function maxMessageBytes(k: number, digest: OaepHash = 'sha256'): number {
  return k - 2 * hashBytes[digest] - 2;
}

/** @throws {RangeError} when `message` is longer than `maxMessageBytes` or `seed` is not as long as the hash. */
export function encryptOaep(
  publicKey: KeyObject,
  message: Uint8Array,
  seed: Uint8Array,
  digest: OaepHash = 'sha256',
): Buffer {
  const encoded = encodeOaep(message, seed, modulusBytes(publicKey), digest);
  return publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, encoded);
}

/**
 * Undefined for whatever this key and this scheme did not make, without a word on what is wrong with it.
 *
 * By Web Crypto, which takes it to a thread of libuv's pool: RSA-3072 costs 0.66 ms of CPU there as it does in
 * `privateDecrypt`, but of any core, and a rekey has a great many to do. The pool has four threads, or
 * UV_THREADPOOL_SIZE.
 */
export async function decryptOaep(
  privateKey: KeyObject,
  ciphertext: Uint8Array,
  digest: OaepHash = 'sha256',
): Promise<Buffer | undefined> {
  // RFC 8017 section 7.1.2, step 1b. OpenSSL takes shorter ones as numbers with leading zeros.
  if (ciphertext.length !== modulusBytes(privateKey)) return undefined;
  try {
    const key = privateKey.toCryptoKey({ name: 'RSA-OAEP', hash: webHash[digest] }, false, ['decrypt']);
    return Buffer.from(await webcrypto.subtle.decrypt({ name: 'RSA-OAEP' }, key, new Uint8Array(ciphertext)));
  } catch {
    return undefined;
  }
}

/**
 * EME-OAEP encoding, RFC 8017 section 7.1.1, step 2:
 *
 *     EM = 0x00 || maskedSeed || maskedDB        DB = lHash || PS || 0x01 || M
 *
 * @throws {RangeError} on lengths that the scheme does not have. It names no value.
 */
export function encodeOaep(message: Uint8Array, seed: Uint8Array, k: number, digest: OaepHash): Buffer {
  const size = hashBytes[digest];
  if (seed.length !== size) throw new RangeError('an OAEP seed is as long as the hash');
  if (message.length > maxMessageBytes(k, digest)) throw new RangeError('the message is too long for OAEP');
  const encoded = Buffer.alloc(k);
  const maskedSeed = encoded.subarray(1, 1 + size);
  const maskedDb = encoded.subarray(1 + size);
  emptyLabelHash[digest].copy(maskedDb);
  maskedDb[maskedDb.length - message.length - 1] = 1;
  maskedDb.set(message, maskedDb.length - message.length);
  xorMgf1(maskedDb, seed, digest);
  maskedSeed.set(seed);
  xorMgf1(maskedSeed, maskedDb, digest);
  return encoded;
}

/**
 * `target` ⊕= MGF1(seed, target's length), RFC 8017 appendix B.2.1: Hash(seed || counter) for counter 0, 1, …
 * The hash comes as a latin1 text, one character a byte: `hash` takes 0.25 µs to give one and 1 µs to give a Buffer,
 * and RSA-3072 asks for twelve.
 */
function xorMgf1(target: Uint8Array, seed: Uint8Array, digest: OaepHash): void {
  const input = Buffer.allocUnsafe(seed.length + 4);
  input.set(seed);
  const size = hashBytes[digest];
  for (let at = 0, counter = 0; at < target.length; at += size, counter += 1) {
    input.writeUInt32BE(counter, seed.length);
    const mask = hash(digest, input, 'binary');
    const length = Math.min(size, target.length - at);
    for (let index = 0; index < length; index += 1) target[at + index]! ^= mask.charCodeAt(index);
  }
}
