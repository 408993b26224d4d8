import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { KeyAccess } from './access.ts';
import { encodedBytes } from './base64url.ts';
import { keyFileFault } from './fault.ts';
import { readKeyFile } from './read.ts';
import { readSecrets } from './secrets.ts';
import { createSigner, type Signer } from './signature.ts';
import { type WriteOptions, writeKeyFile } from './write.ts';

const seedBytes = 32;
const common = {
  version: z.literal(2),
  role: z.literal('sign.private'),
  created: z.iso.datetime(),
  /** So that it can be shown without a passphrase. */
  publicKey: z.string().length(43),
};
const schema = z.strictObject({ ...common, privateKey: encodedBytes(seedBytes) });
const closedSchema = z.strictObject({ ...common, privateKey: z.unknown() });

/** The custodian's key to sign key files with. @throws {Fault} `key_file_…`, `passphrase_…`, `kms_…` */
export async function readSigner(path: string, access?: KeyAccess): Promise<Signer> {
  const { publicKey, privateKey } = await readSecrets(path, { schema, access });
  const signer = createSigner(privateKey);
  if (signer.publicKey === publicKey) return signer;
  throw keyFileFault('key_file_malformed', path, 'holds halves of two keys', 'Restore it from its copy.');
}

/** Its public half alone. @throws {Fault} `key_file_…` */
export async function readSignerName(path: string): Promise<string> {
  return (await readKeyFile(path, { secret: true, schema: closedSchema })).publicKey;
}

/** Makes one. @throws {Fault} `key_file_exists`, `key_file_unwritable` */
export async function writeSigner(
  path: string,
  options: Pick<WriteOptions, 'closing' | 'access'> = {},
): Promise<Signer> {
  const seed = randomBytes(seedBytes);
  const signer = createSigner(seed);
  const { publicKey } = signer;
  const created = new Date().toISOString();
  const content = { version: 2, role: 'sign.private', created, publicKey, privateKey: seed.toString('base64url') };
  await writeKeyFile(path, content, { secret: true, ...options });
  return signer;
}
