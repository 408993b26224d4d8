/** What opens the secrets of one role's files, and closes them again. */
export interface KeyAccess {
  /** The setting that a passphrase is given by, for what is said when there is none or a wrong one. */
  readonly setting: string;
  /** Asked when a secret needs it, and not before: it may be a person who is asked. Undefined: there is none. */
  readonly passphrase?: () => Promise<string | undefined>;
  readonly kms?: Kms;
}

/** Of each role: a stage is not to open what is the custodian's. */
export interface RoleAccess {
  readonly masker?: KeyAccess | undefined;
  readonly custodian?: KeyAccess | undefined;
}

/**
 * A service that keeps keys and lets nobody have them, as files name them: `kms:` and a key's ARN, id or `alias/…`.
 * Left out on purpose: making keys, and everything about who may use them, which is the account's to say.
 * @throws {Fault} `kms_unreachable` (heals), `kms_refused`
 */
export interface Kms {
  /** At most 4,096 bytes. `context` is needed again to decrypt. */
  encrypt(this: void, key: string, secret: Uint8Array, context: string): Promise<Uint8Array>;
  decrypt(this: void, key: string, sealed: Uint8Array, context: string): Promise<Uint8Array>;
  /** Of a pair for encryption: its public half, as SPKI in DER. */
  publicKey(this: void, key: string): Promise<Uint8Array>;
  /** RSAES-OAEP with SHA-256. Undefined for what was not encrypted to the key. */
  decryptOaep(this: void, key: string, ciphertext: Uint8Array): Promise<Uint8Array | undefined>;
}

/** `kms:…`, as it stands in files and settings. */
export const kmsPattern = /^kms:[A-Za-z0-9:/_-]{1,2048}$/;
