import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { KeyAccess } from './access.ts';
import { decodeBase64url } from './base64url.ts';

/**
 * A secret closed with a passphrase: AES-256-GCM under scrypt(passphrase, salt) (RFC 7914), what it is of as associated
 * data, so that it opens in no other place.
 *
 *     sealed = base64url(nonce 12 | ciphertext | tag 16)
 */
export const scryptSecret = z.strictObject({
  scrypt: z.strictObject({
    /** N is two to the power of it. Bounded, or a file could ask for all memory. */
    logN: z.int().min(14).max(20),
    salt: z.string(),
  }),
  sealed: z.string(),
});

export type ScryptSecret = z.output<typeof scryptSecret>;

/** 64 MiB and 0.13 s a guess on the machine we measured. */
const logN = 16;
const [blockSize, keyBytes, nonceBytes, tagBytes] = [8, 32, 12, 16];

export async function closeWithPassphrase(
  secret: string,
  context: string,
  passphrase: string,
  access: KeyAccess,
): Promise<ScryptSecret> {
  const salt = saltOf(access);
  const key = await derive(passphrase, salt, logN, access);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { scrypt: { logN, salt }, sealed: sealed.toString('base64url') };
}

/** Undefined when the passphrase is another one, or the secret was altered or moved: nobody can tell which. */
export async function openWithPassphrase(
  { scrypt: { logN, salt }, sealed }: ScryptSecret,
  context: string,
  passphrase: string,
  access: KeyAccess,
): Promise<string | undefined> {
  const bytes = decodeBase64url(sealed);
  if (bytes === undefined || bytes.length < nonceBytes + tagBytes) return undefined;
  const key = await derive(passphrase, salt, logN, access);
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

/** Secrets that are closed together share a salt, so that they are opened by one derivation. */
const derived = new WeakMap<KeyAccess, { readonly salt: string; readonly keys: Map<string, Promise<Buffer>> }>();

function memoOf(access: KeyAccess) {
  const known = derived.get(access) ?? { salt: randomBytes(16).toString('base64url'), keys: new Map() };
  derived.set(access, known);
  return known;
}

function saltOf(access: KeyAccess): string {
  return memoOf(access).salt;
}

function derive(passphrase: string, salt: string, cost: number, access: KeyAccess): Promise<Buffer> {
  const { keys } = memoOf(access);
  const name = `${cost} ${salt}`;
  const known = keys.get(name) ?? stretch(passphrase, salt, cost);
  keys.set(name, known);
  return known;
}

const scryptAsync = promisify<string, Buffer, number, object, Buffer>(scrypt);

function stretch(passphrase: string, salt: string, cost: number): Promise<Buffer> {
  const options = { N: 2 ** cost, r: blockSize, p: 1, maxmem: 2 ** (cost + 11) };
  return scryptAsync(passphrase.normalize('NFC'), Buffer.from(salt, 'base64url'), keyBytes, options);
}
