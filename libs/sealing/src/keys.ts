import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Fault } from '@masque/fault';
import { decodeBase64url, newKid } from '@masque/key-files';
import type { CryptoKey, KeyPair } from 'hpke';

/** Keys are X25519's 32 bytes as they are in RFC 7748, in base64url. */
export interface SealPublicKey {
  readonly kid: string;
  readonly publicKey: string;
}

export interface SealPrivateKey extends SealPublicKey {
  readonly privateKey: string;
}

export async function generateSealKeys(): Promise<{ kid: string; publicKey: string; privateKey: string }> {
  const { d = '', x = '' } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  return { kid: newKid(), publicKey: x, privateKey: d };
}

/** @throws {Fault} `seal_key_invalid` */
export function importPublicKey(key: SealPublicKey): CryptoKey {
  return publicKeyObject(key).toCryptoKey('X25519', true, []);
}

/** @throws {Fault} `seal_key_invalid`, also when the halves do not belong together */
export function importKeyPair(key: SealPrivateKey): KeyPair<CryptoKey> {
  const publicKey = publicKeyObject(key);
  const privateKey = attempt(key.kid, () => {
    checkLength(key.privateKey);
    return createPrivateKey({ format: 'jwk', key: { kty: 'OKP', crv: 'X25519', x: key.publicKey, d: key.privateKey } });
  });
  // OpenSSL takes the private half and leaves the public one unread; so would an opener, and open nothing.
  if (!createPublicKey(privateKey).equals(publicKey)) throw invalid(key.kid);
  return {
    privateKey: privateKey.toCryptoKey('X25519', false, ['deriveBits']),
    publicKey: publicKey.toCryptoKey('X25519', true, []),
  };
}

/** Tells two public keys, or one key under two ids, apart: 64 bits, in hex. */
export function sealFingerprint(key: SealPublicKey): string {
  const hash = createHash('sha256').update(`masque/seal-fingerprint/v1\0${key.kid}\0${key.publicKey}`);
  return hash.digest('hex').slice(0, 16);
}

function publicKeyObject(key: SealPublicKey): KeyObject {
  return attempt(key.kid, () => {
    checkLength(key.publicKey);
    return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'X25519', x: key.publicKey } });
  });
}

function checkLength(encoded: string): void {
  if (decodeBase64url(encoded)?.length !== 32) throw new Error('not 32 bytes');
}

/** What OpenSSL says of a key may describe it. */
function attempt<T>(kid: string, action: () => T): T {
  try {
    return action();
  } catch {
    throw invalid(kid);
  }
}

function invalid(kid: string): Fault {
  return new Fault('seal_key_invalid', `the seal key ${kid} is no X25519 key, or its halves are of two keys`, {
    heals: false,
    setting: 'MASQUE_KEYS_DIR',
    advice: 'Restore its file, or make keys anew with `masque keys init`.',
    details: { kid },
  });
}
