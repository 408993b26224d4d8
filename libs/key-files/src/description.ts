import { z } from 'zod';
import { keyFileFault } from './fault.ts';
import { kidSchema } from './kid.ts';
import { readKeyFile } from './read.ts';
import { firstStatusSchema, keyStatusSchema } from './status.ts';
import { fingerprintSchema } from './versions.ts';
import { writeKeyFile } from './write.ts';

/** `mask`: tokens. `seal`: batches on their way to the masker. `quarantine`: bodies for the custodian. */
export const keyUses = ['mask', 'seal', 'quarantine'] as const;
export const keyMethods = ['rsa', 'vault', 'siv', 'hmac', 'ff1', 'ipcrypt-det', 'ipcrypt-pfx', 'hpke'] as const;

const keySchema = z.strictObject({
  kid: kidSchema,
  use: z.enum(keyUses),
  method: z.enum(keyMethods),
  /** RSA's modulus. */
  bits: z.int().optional(),
  /** Of a vault key that follows another: the key id that its tokens carry. */
  tokenKid: kidSchema.optional(),
  status: keyStatusSchema,
  fingerprint: fingerprintSchema,
  created: z.iso.datetime(),
});

const role = z.literal('description');
const written = z.strictObject({ version: z.literal(2), role, keys: z.array(keySchema) });
const first = z.strictObject({
  version: z.literal(1),
  role,
  keys: z.array(keySchema.extend({ status: firstStatusSchema })),
});
const descriptionSchema = z.discriminatedUnion('version', [first, written]);

/** What may be known of a key by everyone: never a secret, nor anything a secret could be found by. */
export type KeyDescription = z.output<typeof keySchema>;

export async function readDescription(path: string): Promise<readonly KeyDescription[]> {
  return (await readKeyFile(path, { secret: false, schema: descriptionSchema })).keys;
}

export async function writeDescription(
  path: string,
  keys: readonly KeyDescription[],
  options: { readonly overwrite?: boolean } = {},
): Promise<void> {
  // Parsed on the way out too: a strict object is what keeps a secret from being written here by accident.
  const checked = written.safeParse({ version: 2, role: 'description', keys });
  if (!checked.success) {
    throw keyFileFault('key_file_malformed', path, 'would not be a description', 'This is a defect in Masque.');
  }
  await writeKeyFile(path, checked.data, { secret: false, ...options });
}
