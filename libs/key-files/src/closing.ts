/**
 * Secrets in key files, closed and open.
 *
 * A file's secrets stand in its entries under the names below. Closed, such a secret is
 * - `{ "scrypt": …, "sealed": … }`: with a passphrase;
 * - a PEM text `ENCRYPTED PRIVATE KEY`: a private RSA key with a passphrase, which OpenSSL can open as well;
 * - `{ "kms": "kms:…", "sealed": … }`: by a key that a service keeps.
 *
 * They are opened as the file is read, before anything else looks at it: what reads keys does not know that they were
 * closed. An entry that says `kms:…` for its private key has none here at all, and is left as it is.
 */
import { z } from 'zod';
import { type KeyAccess, kmsPattern } from './access.ts';
import { kmsMissing, passphraseMissing, passphraseWrong } from './access-faults.ts';
import { closeWithPassphrase, openWithPassphrase, scryptSecret } from './passphrase.ts';
import { decryptPem, encryptPem, isEncryptedPem } from './pkcs8.ts';
import type { Content } from './read.ts';

/** How secrets are to stand in a file. */
export type Closing = 'open' | 'passphrase' | { readonly kms: string };

/** Of each role's files. */
export interface RoleClosing {
  readonly masker?: Closing | undefined;
  readonly custodian?: Closing | undefined;
}

const names = ['prfSecret', 'secret', 'privateKey'] as const;

const kmsSecret = z.strictObject({ kms: z.string().regex(kmsPattern), sealed: z.base64url() });

/** @throws {Fault} `passphrase_missing`, `passphrase_wrong`, `kms_…` */
export async function openSecrets(path: string, content: Content, access: KeyAccess | undefined): Promise<Content> {
  return eachEntry(content, (entry) => eachSecret(entry, (value, context) => openSecret(path, value, context, access)));
}

/** @throws {Fault} `passphrase_missing`, `kms_…` */
export async function closeSecrets(
  path: string,
  content: Content,
  closing: Closing,
  access: KeyAccess | undefined,
): Promise<Content> {
  if (closing === 'open') return content;
  return eachEntry(content, (entry) => closeEntry(path, entry, closing, access));
}

/** The same of one entry. */
export async function closeEntry(
  path: string,
  entry: Content,
  closing: Closing,
  access: KeyAccess | undefined,
): Promise<Content> {
  if (closing === 'open') return entry;
  return eachSecret(entry, async (value, context) => {
    if (typeof value !== 'string' || kmsPattern.test(value)) return value;
    if (closing === 'passphrase') {
      const passphrase = await passphraseOf(path, access);
      return value.startsWith('-----BEGIN')
        ? encryptPem(value, passphrase)
        : closeWithPassphrase(value, context, passphrase, access!);
    }
    if (access?.kms === undefined) throw kmsMissing(path);
    const sealed = await access.kms.encrypt(closing.kms, Buffer.from(value), context);
    return { kms: closing.kms, sealed: Buffer.from(sealed).toString('base64url') };
  });
}

/** How the secrets of an entry stand in its file, for one that is to follow it. */
export function closingOf(entry: Content): Closing {
  for (const name of names) {
    const value = entry[name];
    if (typeof value === 'string' && isEncryptedPem(value)) return 'passphrase';
    if (scryptSecret.safeParse(value).success) return 'passphrase';
    const kms = kmsSecret.safeParse(value);
    if (kms.success) return { kms: kms.data.kms };
  }
  return 'open';
}

async function openSecret(
  path: string,
  value: unknown,
  context: string,
  access: KeyAccess | undefined,
): Promise<unknown> {
  if (typeof value === 'string') {
    if (!isEncryptedPem(value)) return value;
    return decryptPem(value, await passphraseOf(path, access)) ?? throwFault(passphraseWrong(path, access));
  }
  const closed = scryptSecret.safeParse(value);
  if (closed.success) {
    const opened = await openWithPassphrase(closed.data, context, await passphraseOf(path, access), access!);
    return opened ?? throwFault(passphraseWrong(path, access));
  }
  const wrapped = kmsSecret.safeParse(value);
  // What it is instead, its reader will say.
  if (!wrapped.success) return value;
  if (access?.kms === undefined) throw kmsMissing(path);
  const { kms, sealed } = wrapped.data;
  return Buffer.from(await access.kms.decrypt(kms, Buffer.from(sealed, 'base64url'), context)).toString('utf8');
}

async function passphraseOf(path: string, access: KeyAccess | undefined): Promise<string> {
  return (await access?.passphrase?.()) ?? throwFault(passphraseMissing(path, access));
}

function throwFault(fault: Error): never {
  throw fault;
}

/** The entries of `keys`; of a file without, the file itself is one. */
async function eachEntry(content: Content, change: (entry: Content) => Promise<Content>): Promise<Content> {
  const { keys } = content;
  if (!Array.isArray(keys)) return change(content);
  return { ...content, keys: await Promise.all(keys.map((key: unknown) => (isEntry(key) ? change(key) : key))) };
}

function isEntry(key: unknown): key is Content {
  return typeof key === 'object' && key !== null;
}

/** What a secret is of is bound to it: moved to another key, or to another name, it does not open. */
async function eachSecret(
  entry: Content,
  change: (value: unknown, context: string) => Promise<unknown>,
): Promise<Content> {
  const changed: Record<string, unknown> = { ...entry };
  for (const name of names) {
    if (entry[name] === undefined) continue;
    changed[name] = await change(entry[name], `masque/key-file/v1 ${String(entry['kid'] ?? entry['role'])} ${name}`);
  }
  return changed;
}
