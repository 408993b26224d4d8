import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { type KeyDescription, keyPaths, newKid, requireAbsent, writeKeyFile } from '@masque/key-files';
import type { MaskSpec } from '@masque/pipeline';
import { fingerprint } from './fingerprint.ts';
import { bitsOf, type MaskKey, prfSecretBytes, readMaskKeys } from './keys.ts';

export interface CreateKeysOptions {
  /** MASQUE_KEYS_DIR. */
  readonly dir: string;
  /** The pipeline's: one key for each method and size in it. */
  readonly mask: Readonly<Record<string, MaskSpec>>;
  readonly overwrite?: boolean;
  /** Default: now. */
  readonly created?: Date;
}

/**
 * The masking half of `masque keys init`: what the masker masks with, what the custodian unmasks with. Gives their
 * descriptions.
 * @throws {Fault} `key_file_exists`, `key_file_unwritable`
 */
export async function createKeys(options: CreateKeysOptions): Promise<KeyDescription[]> {
  const { masker, custodian } = keyPaths(options.dir);
  const { overwrite = false } = options;
  if (!overwrite) await requireAbsent([custodian.unmask, custodian.mask, masker.mask]);
  const created = (options.created ?? new Date()).toISOString();
  const sizes = new Set(Object.values(options.mask).map((spec) => spec.bits));
  const entries = await Promise.all([...sizes].map((bits) => generateEntry(bits, created)));
  const unmask = { version: 1, role: 'unmask', keys: entries.map((entry) => entry.unmask) };
  const mask = { version: 1, role: 'mask', keys: entries.map((entry) => entry.mask) };
  // The private key first: no masker may begin with a key whose tokens nobody could open.
  await writeKeyFile(custodian.unmask, unmask, { secret: true, overwrite });
  await writeKeyFile(custodian.mask, mask, { secret: true, overwrite });
  await writeKeyFile(masker.mask, mask, { secret: true, overwrite });
  // Described from what was written, not from what was meant to be.
  return (await readMaskKeys(masker.mask)).map((key) => describe(key, created));
}

async function generateEntry(bits: number, created: string) {
  const pair = await promisify(generateKeyPair)('rsa', {
    modulusLength: bits,
    publicExponent: 65_537,
    publicKeyEncoding: { format: 'pem', type: 'spki' },
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
  });
  const entry = { kid: newKid(), method: 'rsa', status: 'PRIMARY', created };
  const prfSecret = randomBytes(prfSecretBytes).toString('base64url');
  return {
    mask: { ...entry, publicKey: pair.publicKey, prfSecret },
    unmask: { ...entry, privateKey: pair.privateKey },
  };
}

function describe(key: MaskKey, created: string): KeyDescription {
  const { kid, method, status } = key;
  return { kid, use: 'mask', method, bits: bitsOf(key.publicKey), status, fingerprint: fingerprint(key), created };
}
