import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import {
  destroyedEntry,
  encodedBytes,
  firstStatusSchema,
  isUsable,
  type KeyAccess,
  keyFileSchema,
  keyStatusSchema,
  kidSchema,
  livingStatusSchema,
  readSecrets,
  type RefusedStatus,
  type UsableStatus,
} from '@masque/key-files';
import { z } from 'zod';
import { isKmsKey, openRemoteKey, type PrivateKey } from './private-key.ts';

/** What is needed to mask with a method whose way back is the custodian's alone. */
export interface PublicMaskKey {
  readonly kid: string;
  readonly method: 'rsa' | 'vault';
  readonly status: UsableStatus;
  readonly publicKey: KeyObject;
  /** 32 bytes. Whoever has them can find the value of a token by trying; without them only the private key can. */
  readonly prfSecret: KeyObject;
  /**
   * Of a vault key that follows another: the name that its tokens carry, of the first of the line, whose secret they
   * are made with too. So they stay as they are, and only entries are encrypted anew.
   */
  readonly tokenKid?: string | undefined;
}

/** What is needed to mask with a method of one secret. It is the way back too, where there is one. */
export interface SecretMaskKey {
  readonly kid: string;
  readonly method: 'siv' | 'hmac' | 'ff1' | 'ipcrypt-det' | 'ipcrypt-pfx';
  readonly status: UsableStatus;
  /** 32 bytes. Every field's own key is derived from them. */
  readonly secret: KeyObject;
}

export type MaskKey = PublicMaskKey | SecretMaskKey;

/** What the custodian has over the masker: the private half of the key of the same id. */
export interface UnmaskKey {
  readonly kid: string;
  readonly method: 'rsa' | 'vault';
  readonly status: UsableStatus;
  readonly privateKey: PrivateKey;
}

export type MaskKeys = readonly MaskKey[];
export type UnmaskKeys = readonly UnmaskKey[];

/** A key that is known by name and must not be used. Its secret, where there still is one, is not handed out. */
export interface RefusedKey {
  readonly kid: string;
  readonly method: MaskKey['method'];
  readonly status: RefusedStatus;
}

export interface ReadKeysOptions {
  /** The custodian's public key, where it is known: what it has not signed is refused. */
  readonly signer?: string | undefined;
  /** What opens secrets that are closed. */
  readonly access?: KeyAccess | undefined;
}

export const secretBytes = 32;

const entry = { kid: kidSchema, created: z.iso.datetime() };
const secret = encodedBytes(secretBytes).transform((bytes) => createSecretKey(bytes));
const [publicMethods, secretMethods] = [
  z.enum(['rsa', 'vault']),
  z.enum(['siv', 'hmac', 'ff1', 'ipcrypt-det', 'ipcrypt-pfx']),
];
const pem = (create: (text: string) => KeyObject) =>
  z.string().transform((text, context) => rsaKey(context, () => create(text)));

const publicParts = { publicKey: pem(createPublicKey), prfSecret: secret };

function maskEntry<Status extends z.ZodType>(status: Status) {
  return z.discriminatedUnion('method', [
    z.strictObject({ ...entry, status, method: z.literal('rsa'), ...publicParts }),
    z.strictObject({ ...entry, status, method: z.literal('vault'), ...publicParts, tokenKid: kidSchema.optional() }),
    z.strictObject({ ...entry, status, method: secretMethods, secret }),
  ]);
}

function unmaskEntry<Status extends z.ZodType>(status: Status) {
  return z.strictObject({
    ...entry,
    status,
    method: publicMethods,
    privateKey: z.union([z.string().refine(isKmsKey), pem(createPrivateKey)]),
  });
}

function keyList<Entry extends z.ZodType<{ kid: string }>>(key: Entry) {
  return z.array(key).refine(areDistinct);
}

function areDistinct(keys: readonly { readonly kid: string }[]): boolean {
  return new Set(keys.map(({ kid }) => kid)).size === keys.length;
}

const destroyed = destroyedEntry({ ...entry, method: z.enum([...publicMethods.options, ...secretMethods.options]) });

const maskFile = keyFileSchema(z.literal('mask'), {
  first: keyList(maskEntry(firstStatusSchema)).min(1),
  second: keyList(z.discriminatedUnion('status', [maskEntry(livingStatusSchema), destroyed])).min(1),
});
/** May be empty: not every method has a private key. */
const unmaskFile = keyFileSchema(z.literal('unmask'), {
  first: keyList(unmaskEntry(firstStatusSchema)),
  second: keyList(unmaskEntry(livingStatusSchema)),
});

/** Keys that may be used, and those that may not. @throws {Fault} `key_file_…` */
export async function readMaskFile(
  path: string,
  options: ReadKeysOptions = {},
): Promise<{ readonly keys: MaskKeys; readonly refused: readonly RefusedKey[] }> {
  const entries: readonly (MaskKey | RefusedKey)[] = (await readSecrets(path, { schema: maskFile, ...options })).keys;
  const refused = entries.filter((key) => !isUsable(key));
  return {
    keys: entries.filter((key): key is MaskKey => isUsable(key)),
    refused: refused.map(({ kid, method, status }) => ({ kid, method, status })),
  };
}

/** A key as it was just made for a file. @throws {ZodError} for what is none: a defect */
export function parseMaskKey(entry: unknown): MaskKey {
  return maskEntry(keyStatusSchema.exclude(['DISABLED', 'DESTROYED'])).parse(entry);
}

/** The keys that may be used alone. @throws {Fault} `key_file_…` */
export async function readMaskKeys(path: string, options: ReadKeysOptions = {}): Promise<MaskKeys> {
  return (await readMaskFile(path, options)).keys;
}

/** The same of the private halves. @throws {Fault} `key_file_…` */
export async function readUnmaskKeys(path: string, options: ReadKeysOptions = {}): Promise<UnmaskKeys> {
  const { keys } = await readSecrets(path, { schema: unmaskFile, ...options });
  const usable = keys.flatMap((key) => (isUsable(key) ? [key] : []));
  return Promise.all(
    usable.map(async ({ kid, method, status, privateKey }): Promise<UnmaskKey> => {
      const opened = typeof privateKey === 'string' ? await openRemoteKey(privateKey, options.access) : privateKey;
      return { kid, method, status, privateKey: opened };
    }),
  );
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

/** The key id that its tokens carry. */
export function tokenKidOf(key: MaskKey): string {
  return isPublic(key) ? (key.tokenKid ?? key.kid) : key.kid;
}

/** The secret that masking with this key needs, under the one name or the other. */
export function secretOf(key: MaskKey): KeyObject {
  return isPublic(key) ? key.prfSecret : key.secret;
}

/** The modulus's size in bits; undefined for a key that has none. */
export function bitsOf(key: MaskKey): number | undefined {
  return isPublic(key) ? key.publicKey.asymmetricKeyDetails?.modulusLength : undefined;
}
