import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { encodedBytes, keyStatusSchema, kidSchema, type KeyStatus, readKeyFile } from '@masque/key-files';
import { z } from 'zod';

/** What is needed to mask: the public key, and the secret that the seeds are made with. */
export interface MaskKey {
  readonly kid: string;
  readonly method: 'rsa';
  readonly status: KeyStatus;
  readonly publicKey: KeyObject;
  /** 32 bytes. Whoever has them can find the value of a token by trying; without them only the private key can. */
  readonly prfSecret: KeyObject;
}

/** What is needed to unmask, together with the mask key of the same id. */
export interface UnmaskKey {
  readonly kid: string;
  readonly method: 'rsa';
  readonly status: KeyStatus;
  readonly privateKey: KeyObject;
}

export type MaskKeys = readonly MaskKey[];
export type UnmaskKeys = readonly UnmaskKey[];

export const prfSecretBytes = 32;

const entry = { kid: kidSchema, method: z.literal('rsa'), status: keyStatusSchema, created: z.iso.datetime() };

const maskEntry = z.strictObject({
  ...entry,
  publicKey: z.string().transform((pem, context) => rsaKey(context, () => createPublicKey(pem))),
  prfSecret: encodedBytes(prfSecretBytes).transform((bytes) => createSecretKey(bytes)),
});

const unmaskEntry = z.strictObject({
  ...entry,
  privateKey: z.string().transform((pem, context) => rsaKey(context, () => createPrivateKey(pem))),
});

function keyList<Entry extends z.ZodType<{ kid: string }>>(key: Entry) {
  return z.array(key).min(1).refine(areDistinct);
}

function areDistinct(keys: readonly { readonly kid: string }[]): boolean {
  return new Set(keys.map(({ kid }) => kid)).size === keys.length;
}

const maskFile = z.strictObject({ version: z.literal(1), role: z.literal('mask'), keys: keyList(maskEntry) });
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

/** The modulus's size in bits. */
export function bitsOf(key: KeyObject): number {
  return key.asymmetricKeyDetails?.modulusLength ?? 0;
}
