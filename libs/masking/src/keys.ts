import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { encodedBytes, keyStatusSchema, kidSchema, type KeyStatus, readKeyFile } from '@masque/key-files';
import { z } from 'zod';

/** What is needed to mask with a method whose way back is the custodian's alone. */
export interface PublicMaskKey {
  readonly kid: string;
  readonly method: 'rsa' | 'vault';
  readonly status: KeyStatus;
  readonly publicKey: KeyObject;
  /** 32 bytes. Whoever has them can find the value of a token by trying; without them only the private key can. */
  readonly prfSecret: KeyObject;
}

/** What is needed to mask with a method of one secret. It is the way back too, where there is one. */
export interface SecretMaskKey {
  readonly kid: string;
  readonly method: 'siv' | 'hmac' | 'ff1' | 'ipcrypt-det' | 'ipcrypt-pfx';
  readonly status: KeyStatus;
  /** 32 bytes. Every field's own key is derived from them. */
  readonly secret: KeyObject;
}

export type MaskKey = PublicMaskKey | SecretMaskKey;

/** What the custodian has over the masker: the private half of the key of the same id. */
export interface UnmaskKey {
  readonly kid: string;
  readonly method: 'rsa' | 'vault';
  readonly status: KeyStatus;
  readonly privateKey: KeyObject;
}

export type MaskKeys = readonly MaskKey[];
export type UnmaskKeys = readonly UnmaskKey[];

export const secretBytes = 32;

const entry = { kid: kidSchema, status: keyStatusSchema, created: z.iso.datetime() };
const secret = encodedBytes(secretBytes).transform((bytes) => createSecretKey(bytes));
const publicMethods = z.enum(['rsa', 'vault']);
const secretMethods = z.enum(['siv', 'hmac', 'ff1', 'ipcrypt-det', 'ipcrypt-pfx']);

const maskEntry = z.discriminatedUnion('method', [
  z.strictObject({
    ...entry,
    method: publicMethods,
    publicKey: z.string().transform((pem, context) => rsaKey(context, () => createPublicKey(pem))),
    prfSecret: secret,
  }),
  z.strictObject({ ...entry, method: secretMethods, secret }),
]);

const unmaskEntry = z.strictObject({
  ...entry,
  method: publicMethods,
  privateKey: z.string().transform((pem, context) => rsaKey(context, () => createPrivateKey(pem))),
});

function keyList<Entry extends z.ZodType<{ kid: string }>>(key: Entry) {
  return z.array(key).refine(areDistinct);
}

function areDistinct(keys: readonly { readonly kid: string }[]): boolean {
  return new Set(keys.map(({ kid }) => kid)).size === keys.length;
}

const maskKeys = keyList(maskEntry).min(1);
const maskFile = z.strictObject({ version: z.literal(1), role: z.literal('mask'), keys: maskKeys });
/** May be empty: not every method has a private key. */
const unmaskFile = z.strictObject({ version: z.literal(1), role: z.literal('unmask'), keys: keyList(unmaskEntry) });

/** @throws {Fault} `key_file_…` */
export async function readMaskKeys(path: string): Promise<MaskKeys> {
  return (await readKeyFile(path, { secret: true, schema: maskFile })).keys;
}

/** @throws {Fault} `key_file_…` */
export async function readUnmaskKeys(path: string): Promise<UnmaskKeys> {
  return (await readKeyFile(path, { secret: true, schema: unmaskFile })).keys;
}

/** Sizes that a definition can ask for, and the exponent that everyone uses; a smaller one invites old attacks. */
function rsaKey(context: z.RefinementCtx, read: () => KeyObject): KeyObject {
  try {
    const key = read();
    const { modulusLength = 0, publicExponent } = key.asymmetricKeyDetails ?? {};
    const sized = [2048, 3072, 4096].includes(modulusLength);
    if (key.asymmetricKeyType === 'rsa' && sized && publicExponent === 65_537n) return key;
  } catch {
    // OpenSSL's message says what is wrong inside a key. That it is none is enough.
  }
  context.addIssue({ code: 'custom', message: 'no RSA key of 2048, 3072 or 4096 bits in PEM' });
  return z.NEVER;
}

export function isPublic(key: MaskKey): key is PublicMaskKey {
  return key.method === 'rsa' || key.method === 'vault';
}

/** The secret that masking with this key needs, under the one name or the other. */
export function secretOf(key: MaskKey): KeyObject {
  return isPublic(key) ? key.prfSecret : key.secret;
}

/** The modulus's size in bits; undefined for a key that has none. */
export function bitsOf(key: MaskKey): number | undefined {
  return isPublic(key) ? key.publicKey.asymmetricKeyDetails?.modulusLength : undefined;
}
