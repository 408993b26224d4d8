import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import {
  type KeyDescription,
  keyPaths,
  type KeyStatus,
  newKid,
  requireAbsent,
  type Signer,
  writeKeyFile,
} from '@masque/key-files';
import type { MaskSpec } from '@masque/pipeline';
import { fingerprint } from './fingerprint.ts';
import { bitsOf, type MaskKey, readMaskKeys, secretBytes } from './keys.ts';

export interface CreateKeysOptions {
  /** MASQUE_KEYS_DIR. */
  readonly dir: string;
  /** The pipeline's: one key for each method in it, and for each size of RSA. */
  readonly mask: Readonly<Record<string, MaskSpec>>;
  readonly overwrite?: boolean;
  readonly signer?: Signer | undefined;
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
  const { overwrite = false, signer } = options;
  if (!overwrite) await requireAbsent([custodian.unmask, custodian.mask, masker.mask]);
  const created = (options.created ?? new Date()).toISOString();
  const entries = await Promise.all(
    needs(options.mask).map((need) => generateMaskKey(need, { status: 'PRIMARY', created })),
  );
  const keys = entries.flatMap((entry) => ('unmask' in entry ? [entry.unmask] : []));
  const unmask = { version: 2, role: 'unmask', revision: 1, keys };
  const mask = { version: 2, role: 'mask', revision: 1, keys: entries.map((entry) => entry.mask) };
  await options.announce?.(entries.map((entry) => entry.mask.kid));
  // The private key first: no masker may begin with a key whose tokens nobody could open.
  await writeKeyFile(custodian.unmask, unmask, { secret: true, overwrite, signer });
  await writeKeyFile(custodian.mask, mask, { secret: true, overwrite, signer });
  await writeKeyFile(masker.mask, mask, { secret: true, overwrite, signer });
  // Described from what was written, not from what was meant to be.
  return (await readMaskKeys(masker.mask)).map((key) => describeMaskKey(key, created));
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

/** A new key, as it stands in `mask.json` and, where it has a private half, in `unmask.json`. */
export async function generateMaskKey(
  { method, bits }: MaskKeyKind,
  given: { readonly status: KeyStatus; readonly created: string },
) {
  const entry = { kid: newKid(), method, ...given };
  const secret = randomBytes(secretBytes).toString('base64url');
  if (bits === undefined) return { mask: { ...entry, secret } };
  const pair = await promisify(generateKeyPair)('rsa', {
    modulusLength: bits,
    publicExponent: 65_537,
    publicKeyEncoding: { format: 'pem', type: 'spki' },
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
  });
  return {
    mask: { ...entry, publicKey: pair.publicKey, prfSecret: secret },
    unmask: { ...entry, privateKey: pair.privateKey },
  };
}

/** What may be known of it. */
export function describeMaskKey(key: MaskKey, created: string): KeyDescription {
  const { kid, method, status } = key;
  const bits = bitsOf(key);
  const size = bits === undefined ? {} : { bits };
  return { kid, use: 'mask', method, ...size, status, fingerprint: fingerprint(key), created };
}
