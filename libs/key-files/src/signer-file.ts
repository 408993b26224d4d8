import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { encodedBytes } from './base64url.ts';
import { readKeyFile } from './read.ts';
import { createSigner, type Signer } from './signature.ts';
import { writeKeyFile } from './write.ts';

const seedBytes = 32;

const schema = z.strictObject({
  version: z.literal(2),
  role: z.literal('sign.private'),
  created: z.iso.datetime(),
  privateKey: encodedBytes(seedBytes),
});

/** The custodian's key to sign key files with. @throws {Fault} `key_file_…` */
export async function readSigner(path: string): Promise<Signer> {
  return createSigner((await readKeyFile(path, { secret: true, schema })).privateKey);
}

/** Makes one. @throws {Fault} `key_file_exists`, `key_file_unwritable` */
export async function writeSigner(path: string): Promise<Signer> {
  const seed = randomBytes(seedBytes);
  const created = new Date().toISOString();
  const content = { version: 2, role: 'sign.private', created, privateKey: seed.toString('base64url') };
  await writeKeyFile(path, content, { secret: true });
  return createSigner(seed);
}
