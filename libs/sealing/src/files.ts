import { basename } from 'node:path';
import {
  encodedBytes,
  type KeyDescription,
  keyPaths,
  keyStatusSchema,
  kidSchema,
  readKeyFile,
  requireAbsent,
  writeKeyFile,
} from '@masque/key-files';
import { z } from 'zod';
import { generateSealKeys, sealFingerprint, type SealPrivateKey, type SealPublicKey } from './keys.ts';

/** Checked for its length, kept as its text. */
const keyText = encodedBytes(32).transform((bytes) => bytes.toString('base64url'));

const entry = { kid: kidSchema, status: keyStatusSchema, created: z.iso.datetime(), publicKey: keyText };

const publicEntry = z.strictObject(entry);
const privateEntry = z.strictObject({ ...entry, privateKey: keyText });

/** A list of one: a private key that was replaced will have to stay for what is still under way. */
function file<Entry extends z.ZodType>(path: string, half: 'public' | 'private', key: Entry) {
  // Each kind would work in the other's place, and its bodies be read by those whom they were to be kept from.
  const uses = (['seal', 'quarantine'] as const).filter((use) => basename(path).startsWith(use));
  const roles = (uses.length === 0 ? (['seal', 'quarantine'] as const) : uses).map((use) => `${use}.${half}` as const);
  return z.strictObject({ version: z.literal(1), role: z.enum(roles), keys: z.tuple([key]) });
}

/** A file named after a use holds a key of that use. @throws {Fault} `key_file_…` */
export async function readSealPublicKey(path: string): Promise<SealPublicKey> {
  const { keys } = await readKeyFile(path, { secret: false, schema: file(path, 'public', publicEntry) });
  return keys[0];
}

/** The same. @throws {Fault} `key_file_…` */
export async function readSealPrivateKey(path: string): Promise<SealPrivateKey> {
  const { keys } = await readKeyFile(path, { secret: true, schema: file(path, 'private', privateEntry) });
  return keys[0];
}

export interface CreateSealKeysOptions {
  /** MASQUE_KEYS_DIR. */
  readonly dir: string;
  readonly overwrite?: boolean;
  /** Default: now. */
  readonly created?: Date;
}

/**
 * The sealing half of `masque keys init`: a pair for batches (extractor to masker) and a pair for quarantined bodies
 * (masker to custodian), each half in its holder's folder. Gives their descriptions.
 * @throws {Fault} `key_file_exists`, `key_file_unwritable`
 */
export async function createSealKeys(options: CreateSealKeysOptions): Promise<KeyDescription[]> {
  const { extractor, masker, custodian } = keyPaths(options.dir);
  if (options.overwrite !== true) {
    await requireAbsent([
      extractor.sealPublic,
      masker.sealPrivate,
      masker.quarantinePublic,
      custodian.quarantinePrivate,
    ]);
  }
  return [
    await writeSealKeys({ ...options, use: 'seal', public: extractor.sealPublic, private: masker.sealPrivate }),
    await writeSealKeys({
      ...options,
      use: 'quarantine',
      public: masker.quarantinePublic,
      private: custodian.quarantinePrivate,
    }),
  ];
}

/** Makes one pair and writes its two files, the private one first: a public key alone would seal what none can open. */
export async function writeSealKeys(options: {
  readonly use: 'seal' | 'quarantine';
  readonly public: string;
  readonly private: string;
  readonly overwrite?: boolean;
  readonly created?: Date;
}): Promise<KeyDescription> {
  const { kid, publicKey, privateKey } = await generateSealKeys();
  const created = (options.created ?? new Date()).toISOString();
  const { use, overwrite = false } = options;
  const key = { kid, status: 'PRIMARY' as const, created, publicKey };
  const secret = { version: 1, role: `${use}.private`, keys: [{ ...key, privateKey }] };
  await writeKeyFile(options.private, secret, { secret: true, overwrite });
  await writeKeyFile(options.public, { version: 1, role: `${use}.public`, keys: [key] }, { secret: false, overwrite });
  return { kid, use, method: 'hpke', status: 'PRIMARY', fingerprint: sealFingerprint({ kid, publicKey }), created };
}
