import { constants, createPublicKey, hash, type KeyObject, publicEncrypt, webcrypto } from 'node:crypto';

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

/** What it gives throws a RangeError when the message is longer than `maxMessageBytes` or the seed not as long as the hash. */
export function createOaepEncryption(
  publicKey: KeyObject,
  digest: OaepHash = 'sha256',
): (message: Uint8Array, seed: Uint8Array) => Buffer {
  const encode = createOaepEncoding(modulusBytes(publicKey), digest);
  const key = withoutPadding(publicKey);
  return (message, seed) => publicEncrypt(key, encode(message, seed));
}

/**
 * A key that says itself how it is to be used. Given as `{ key, padding }`, Node (24.21) first finds out by two
 * exceptions that this object is no key, which is 7.5 of 35 µs with RSA-3072; a KeyObject is known at once, and its
 * `padding` is read all the same. Were it not, OAEP would refuse a message as long as the modulus.
 */
function withoutPadding(publicKey: KeyObject): KeyObject {
  const own = createPublicKey({ key: publicKey.export({ type: 'spki', format: 'der' }), type: 'spki', format: 'der' });
  return Object.assign(own, { padding: constants.RSA_NO_PADDING });
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
 * PS is zeros, so there maskedDB is the mask itself: the mask is written, and the rest of DB is then put over it. One
 * buffer serves all calls; what it holds is good until the next.
 *
 * What it gives throws a RangeError on lengths that the scheme does not have. It names no value.
 */
export function createOaepEncoding(k: number, digest: OaepHash): (message: Uint8Array, seed: Uint8Array) => Buffer {
  const size = hashBytes[digest];
  const longest = maxMessageBytes(k, digest);
  const encoded = Buffer.alloc(k);
  const dbAt = 1 + size;
  const seedInput = Buffer.alloc(size + 4);
  const dbInput = Buffer.alloc(k - dbAt + 4);
  const labelHash = emptyLabelHash[digest];
  return (message, seed) => {
    if (seed.length !== size) throw new RangeError('an OAEP seed is as long as the hash');
    if (message.length > longest) throw new RangeError('the message is too long for OAEP');
    seedInput.set(seed);
    writeMgf1(encoded, dbAt, seedInput, digest);
    xor(encoded, dbAt, labelHash);
    const messageAt = k - message.length;
    encoded[messageAt - 1]! ^= 1;
    xor(encoded, messageAt, message);
    encoded.copy(dbInput, 0, dbAt);
    writeMgf1(encoded.subarray(0, dbAt), 1, dbInput, digest);
    xor(encoded, 1, seed);
    return encoded;
  };
}

/**
 * MGF1 from `at` to the target's end, RFC 8017 appendix B.2.1: Hash(seed || counter) for counter 0, 1, …; `input` is
 * the seed and four bytes more. The hash comes as a latin1 text, one character a byte: `hash` takes 0.2 µs to give one
 * and 0.75 µs to give a Buffer, and RSA-3072 asks for twelve.
 */
function writeMgf1(target: Buffer, at: number, input: Buffer, digest: OaepHash): void {
  for (let place = at, counter = 0; place < target.length; place += hashBytes[digest], counter += 1) {
    input.writeUInt32BE(counter, input.length - 4);
    target.write(hash(digest, input, 'binary'), place, 'latin1');
  }
}

function xor(target: Buffer, at: number, bytes: Uint8Array): void {
  for (let index = 0; index < bytes.length; index += 1) target[at + index]! ^= bytes[index]!;
}
