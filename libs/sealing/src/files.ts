import { basename } from 'node:path';
import {
  destroyedEntry,
  encodedBytes,
  firstStatusSchema,
  isUsable,
  type KeyDescription,
  keyFileSchema,
  keyPaths,
  type KeyStatus,
  kidSchema,
  livingStatusSchema,
  readKeyFile,
  readSecrets,
  type KeyAccess,
  requireAbsent,
  type RoleAccess,
  type RoleClosing,
  type Signer,
  type UsableStatus,
  writeKeyFile,
} from '@masque/key-files';
import { z } from 'zod';
import { generateSealKeys, sealFingerprint, type SealPrivateKey, type SealPublicKey } from './keys.ts';

/** Checked for its length, kept as its text. */
const keyText = encodedBytes(32).transform((bytes) => bytes.toString('base64url'));

const entry = { kid: kidSchema, created: z.iso.datetime() };

const publicEntry = <Status extends z.ZodType>(status: Status) =>
  z.strictObject({ ...entry, status, publicKey: keyText });
const privateEntry = <Status extends z.ZodType>(status: Status) =>
  z.strictObject({ ...entry, status, publicKey: keyText, privateKey: keyText });

function roleOf(path: string, half: 'public' | 'private') {
  // Each kind would work in the other's place, and its bodies be read by those whom they were to be kept from.
  const uses = (['seal', 'quarantine'] as const).filter((use) => basename(path).startsWith(use));
  return z.enum((uses.length === 0 ? (['seal', 'quarantine'] as const) : uses).map((use) => `${use}.${half}` as const));
}

export interface ReadSealOptions {
  /** The custodian's public key, where it is known: what it has not signed is refused. */
  readonly signer?: string | undefined;
  /** What opens secrets that are closed. */
  readonly access?: KeyAccess | undefined;
}

/** The key to seal to, which is the PRIMARY. A file named after a use holds a key of that use. @throws {Fault} `key_file_…` */
export async function readSealPublicKey(path: string, options: ReadSealOptions = {}): Promise<SealPublicKey> {
  const schema = keyFileSchema(roleOf(path, 'public'), {
    first: z.tuple([publicEntry(firstStatusSchema)]),
    second: onePrimary(z.discriminatedUnion('status', [publicEntry(livingStatusSchema), destroyedEntry(entry)])),
  });
  const { keys } = await readKeyFile(path, { secret: false, schema, signer: options.signer });
  // The schema has seen to it that there is one; in version 1 it may be called ENABLED.
  const [primary] = keys.flatMap((key) =>
    (key.status === 'PRIMARY' || keys.length === 1) && isUsable(key) ? [key] : [],
  );
  return primary!;
}

/** Every key that may still open something. @throws {Fault} `key_file_…` */
export async function readSealPrivateKeys(
  path: string,
  options: ReadSealOptions = {},
): Promise<readonly (SealPrivateKey & { readonly status: UsableStatus })[]> {
  const schema = keyFileSchema(roleOf(path, 'private'), {
    first: z.tuple([privateEntry(firstStatusSchema)]),
    second: onePrimary(z.discriminatedUnion('status', [privateEntry(livingStatusSchema), destroyedEntry(entry)])),
  });
  const { keys } = await readSecrets(path, { schema, ...options });
  return keys.flatMap((key) => (isUsable(key) ? [key] : []));
}

function onePrimary<Entry extends z.ZodType<{ readonly status: string }>>(key: Entry) {
  return z.array(key).refine((keys) => keys.filter(({ status }) => status === 'PRIMARY').length === 1);
}

export interface CreateSealKeysOptions {
  /** MASQUE_KEYS_DIR. */
  readonly dir: string;
  readonly overwrite?: boolean;
  readonly signer?: Signer | undefined;
  /** How secrets are to stand in each role's files. Default: open. */
  readonly closing?: RoleClosing | undefined;
  readonly access?: RoleAccess | undefined;
  /** Told before a pair is written. */
  readonly announce?: (kids: readonly string[]) => Promise<void>;
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
export async function writeSealKeys(
  options: Omit<CreateSealKeysOptions, 'dir'> & {
    readonly use: 'seal' | 'quarantine';
    readonly public: string;
    readonly private: string;
  },
): Promise<KeyDescription> {
  const { kid, publicKey, privateKey } = await generateSealKeys();
  const created = (options.created ?? new Date()).toISOString();
  const { use, overwrite = false, signer } = options;
  const holder = use === 'seal' ? 'masker' : 'custodian';
  const [closing, access] = [options.closing?.[holder], options.access?.[holder]];
  await options.announce?.([kid]);
  const key = { kid, status: 'PRIMARY' as const, created, publicKey };
  const head = { version: 2, revision: 1 };
  const secret = { ...head, role: `${use}.private`, keys: [{ ...key, privateKey }] };
  await writeKeyFile(options.private, secret, { secret: true, overwrite, signer, closing, access });
  await writeKeyFile(
    options.public,
    { ...head, role: `${use}.public`, keys: [key] },
    { secret: false, overwrite, signer },
  );
  return describeSealKey(use, key);
}

/** What may be known of a key. */
export function describeSealKey(
  use: 'seal' | 'quarantine',
  { kid, publicKey, status, created }: SealPublicKey & { readonly status: KeyStatus; readonly created: string },
): KeyDescription {
  return { kid, use, method: 'hpke', status, fingerprint: sealFingerprint({ kid, publicKey }), created };
}
