import { createPublicKey, KeyObject } from 'node:crypto';
import { type KeyAccess, kmsPattern } from '@masque/key-files';
import { Fault } from '@masque/fault';

/** The private half of a pair that a service keeps: it opens what is sent to it, and is never seen. */
export interface RemoteKey {
  readonly publicKey: KeyObject;
  /** Undefined for what was not encrypted to it. */
  decryptOaep(this: void, ciphertext: Uint8Array): Promise<Uint8Array | undefined>;
}

export type PrivateKey = KeyObject | RemoteKey;

export function isRemote(key: PrivateKey): key is RemoteKey {
  return !(key instanceof KeyObject);
}

export function publicHalf(key: PrivateKey): KeyObject {
  return isRemote(key) ? key.publicKey : createPublicKey(key);
}

export function isKmsKey(text: string): boolean {
  return kmsPattern.test(text);
}

/** @throws {Fault} `kms_…` */
export async function openRemoteKey(key: string, access: KeyAccess | undefined): Promise<RemoteKey> {
  const kms = access?.kms;
  if (kms === undefined) throw noKms();
  const publicKey = createPublicKey({ key: Buffer.from(await kms.publicKey(key)), format: 'der', type: 'spki' });
  return { publicKey, decryptOaep: (ciphertext) => kms.decryptOaep(key, ciphertext) };
}

function noKms(): Fault {
  return new Fault('kms_missing', 'a private key is kept by a key service, and none is at hand', {
    heals: false,
    setting: 'MASQUE_KEYS_DIR',
    advice: 'This is a defect in Masque: whoever reads that file has to be given one.',
  });
}
