import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { Fault } from '@masque/fault';
import {
  type KeyAccess,
  type KeyDescription,
  keyPaths,
  type KeyStatus,
  newKid,
  requireAbsent,
  type RoleAccess,
  type RoleClosing,
  type Signer,
  writeKeyFile,
} from '@masque/key-files';
import type { MaskSpec } from '@masque/pipeline';
import { fingerprint } from './fingerprint.ts';
import { bitsOf, isPublic, type MaskKey, readMaskKeys, secretBytes, tokenKidOf } from './keys.ts';
import { openRemoteKey } from './private-key.ts';

export interface CreateKeysOptions {
  /** MASQUE_KEYS_DIR. */
  readonly dir: string;
  /** The pipeline's: one key for each method in it, and for each size of RSA. */
  readonly mask: Readonly<Record<string, MaskSpec>>;
  readonly overwrite?: boolean;
  readonly signer?: Signer | undefined;
  /** How secrets are to stand in each role's files. Default: open. */
  readonly closing?: RoleClosing | undefined;
  readonly access?: RoleAccess | undefined;
  /** The pair that a key service keeps, `kms:…`, for the one RSA key that the pipeline needs. */
  readonly privateKey?: string | undefined;
  /** Told before anything is written. */
  readonly announce?: (kids: readonly string[]) => Promise<void>;
  /** Default: now. */
  readonly created?: Date;
}

/**
 * The masking half of `masque keys init`: what the masker masks with, what the custodian unmasks with. Gives their
 * descriptions. `unmask.json` holds private keys alone: the secret of a method that has but one is in `mask.json`,
 * of which the custodian has a copy.
 * @throws {Fault} `key_file_exists`, `key_file_unwritable`
 */
export async function createKeys(options: CreateKeysOptions): Promise<KeyDescription[]> {
  const { masker, custodian } = keyPaths(options.dir);
  const { overwrite = false, signer, closing = {}, access = {}, privateKey } = options;
  if (!overwrite) await requireAbsent([custodian.unmask, custodian.mask, masker.mask]);
  const created = (options.created ?? new Date()).toISOString();
  const kinds = needs(options.mask);
  const remote = privateKey === undefined ? undefined : { key: privateKey, access: access.custodian };
  const entries = await Promise.all(kinds.map((kind) => generateMaskKey(kind, { status: 'PRIMARY', created }, remote)));
  const keys = entries.flatMap((entry) => ('unmask' in entry ? [entry.unmask] : []));
  const unmask = { version: 2, role: 'unmask', revision: 1, keys };
  const mask = { version: 2, role: 'mask', revision: 1, keys: entries.map((entry) => entry.mask) };
  await options.announce?.(entries.map((entry) => entry.mask.kid));
  const common = { secret: true, overwrite, signer };
  const asCustodian = { ...common, closing: closing.custodian, access: access.custodian };
  const asMasker = { ...common, closing: closing.masker, access: access.masker };
  // The private key first: no masker may begin with a key whose tokens nobody could open.
  await writeKeyFile(custodian.unmask, unmask, asCustodian);
  await writeKeyFile(custodian.mask, mask, asCustodian);
  await writeKeyFile(masker.mask, mask, asMasker);
  // Described from what was written, not from what was meant to be.
  return (await readMaskKeys(masker.mask, { access: access.masker })).map((key) => describeMaskKey(key, created));
}

/** What one key is made for. */
export interface MaskKeyKind {
  readonly method: MaskKey['method'];
  /** RSA's modulus; absent for a method of one secret. */
  readonly bits?: number;
}

/** Each method once, RSA keys once a size, in the order of the definition. */
function needs(mask: Readonly<Record<string, MaskSpec>>): MaskKeyKind[] {
  const found = new Map<string, MaskKeyKind>();
  for (const spec of Object.values(mask)) {
    if (spec.method === 'truncate' || spec.method === 'redact') continue;
    const need = 'bits' in spec ? { method: spec.method, bits: spec.bits } : { method: spec.method };
    found.set(`${need.method} ${need.bits}`, need);
  }
  // The masker signs origins with its keys (`origin.ts`), so there is one even where no mask needs any.
  return found.size === 0 ? [{ method: 'hmac' }] : [...found.values()];
}

/** What a vault key takes over from the one it follows, so that tokens stay as they are. */
export interface TokenLine {
  readonly tokenKid: string;
  readonly prfSecret: string;
}

/** A vault's tokens outlive its key pair: the next key makes them with the same secret and under the same name. */
export function lineOf(key: MaskKey): TokenLine | undefined {
  if (!isPublic(key) || key.method !== 'vault') return undefined;
  return { tokenKid: tokenKidOf(key), prfSecret: key.prfSecret.export().toString('base64url') };
}

/** A new key, as it stands in `mask.json` and, where it has a private half, in `unmask.json`. */
export async function generateMaskKey(
  { method, bits }: MaskKeyKind,
  given: { readonly status: KeyStatus; readonly created: string },
  remote?: { readonly key: string; readonly access: KeyAccess | undefined },
  line?: TokenLine,
) {
  const entry = { kid: newKid(), method, ...given };
  const secret = randomBytes(secretBytes).toString('base64url');
  if (bits === undefined) return { mask: { ...entry, secret } };
  if (remote !== undefined) {
    const publicKey = await remotePublicKey(remote.key, remote.access, bits);
    return { mask: { ...entry, publicKey, prfSecret: secret, ...line }, unmask: { ...entry, privateKey: remote.key } };
  }
  const pair = await promisify(generateKeyPair)('rsa', {
    modulusLength: bits,
    publicExponent: 65_537,
    publicKeyEncoding: { format: 'pem', type: 'spki' },
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
  });
  return {
    mask: { ...entry, publicKey: pair.publicKey, prfSecret: secret, ...line },
    unmask: { ...entry, privateKey: pair.privateKey },
  };
}

/**
 * Whether a pair that a key service keeps is what a pipeline needs.
 * @throws {Fault} `key_kind_ambiguous`, `key_size_mismatch`, `kms_…`
 */
export async function checkRemoteKey(
  mask: CreateKeysOptions['mask'],
  key: string,
  access: KeyAccess | undefined,
): Promise<void> {
  const [bits, second] = needs(mask).flatMap((kind) => (kind.bits === undefined ? [] : [kind.bits]));
  if (bits === undefined || second !== undefined) throw notOne();
  await remotePublicKey(key, access, bits);
}

/** @throws {Fault} `key_size_mismatch`, `kms_…` */
async function remotePublicKey(key: string, access: KeyAccess | undefined, bits: number): Promise<string> {
  const { publicKey } = await openRemoteKey(key, access);
  const { modulusLength } = publicKey.asymmetricKeyDetails ?? {};
  if (modulusLength === bits) return publicKey.export({ format: 'pem', type: 'spki' }).toString();
  throw new Fault('key_size_mismatch', `the pipeline wants RSA of ${bits} bits, but the key service’s key is another`, {
    heals: false,
    setting: '--private-key',
    advice: `Make a key there for ENCRYPT_DECRYPT, of the kind RSA_${bits}.`,
  });
}

function notOne(): Fault {
  return new Fault('key_kind_ambiguous', 'one pair of a key service is for a pipeline that needs one RSA key', {
    heals: false,
    setting: '--private-key',
    advice: 'Make keys without it, and rotate each RSA key to a pair of its own.',
  });
}

/** What may be known of it. */
export function describeMaskKey(key: MaskKey, created: string): KeyDescription {
  const { kid, method, status } = key;
  const bits = bitsOf(key);
  const size = bits === undefined ? {} : { bits };
  const line = tokenKidOf(key) === kid ? {} : { tokenKid: tokenKidOf(key) };
  return { kid, use: 'mask', method, ...size, ...line, status, fingerprint: fingerprint(key), created };
}
