import { createSecretKey, type KeyObject } from 'node:crypto';
import {
  AEAD_AES_256_GCM,
  CipherSuite,
  type CryptoKey,
  KDF_HKDF_SHA256,
  KEM_DHKEM_X25519_HKDF_SHA256,
  type KeyPair,
} from 'hpke';

/**
 * HPKE (RFC 9180), base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
 *
 * Its own Seal goes through WebCrypto and does a key agreement each time: 640 µs. So the agreement is done once per
 * session, and the key for the session's batches is taken from the Secret Export interface (RFC 9180 section 5.3),
 * which exists for that purpose. What follows is AES-256-GCM by node:crypto, in `envelope.ts`.
 */
export const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM);

export const encapsulatedBytes = 32;

const info = Buffer.from('masque/seal/v1');
const exporterContext = Buffer.from('masque/seal/v1/aes-256-gcm');
const keyBytes = 32;

/** A fresh agreement with whoever holds the private key. */
export async function beginSession(publicKey: CryptoKey): Promise<{ encapsulated: Buffer; key: KeyObject }> {
  const sent = await suite.SendExport(publicKey, exporterContext, keyBytes, { info });
  return { encapsulated: Buffer.from(sent.encapsulatedSecret), key: toKey(sent.exportedSecret) };
}

/** The same key again, from the other side. The pair is given whole: the public half cannot be had from a CryptoKey. */
export async function joinSession(pair: KeyPair<CryptoKey>, encapsulated: Uint8Array): Promise<KeyObject> {
  return toKey(await suite.ReceiveExport(pair, encapsulated, exporterContext, keyBytes, { info }));
}

/** Into OpenSSL's memory, and out of ours. */
function toKey(secret: Uint8Array): KeyObject {
  const key = createSecretKey(secret);
  secret.fill(0);
  return key;
}
