import {
  closeEntry,
  type KeyDescription,
  keyPaths,
  requireAbsent,
  type RoleAccess,
  type RoleClosing,
  writeDescription,
  writeSigner,
} from '@masque/key-files';
import { checkRemoteKey, createKeys } from '@masque/masking';
import type { Pipeline } from '@masque/pipeline';
import { createSealKeys } from '@masque/sealing';
import { recordAudit } from './audit.ts';

export interface InitOptions {
  /** How secrets are to stand in each role's files. Default: open. */
  readonly closing?: RoleClosing;
  readonly access?: RoleAccess;
  /** The pair that a key service keeps, `kms:…`, for the private half of the RSA key. */
  readonly privateKey?: string | undefined;
}

/**
 * Makes every key of a pipeline, in one folder by role, and what signs their files. Nothing is overwritten: a key file
 * that is gone takes every token made with it along.
 * @throws {Fault} `key_file_exists`, `key_file_unwritable`, `audit_unwritable`
 */
export async function initKeys(
  dir: string,
  pipeline: Pipeline,
  options: InitOptions = {},
): Promise<readonly KeyDescription[]> {
  const { access = {}, closing = {}, privateKey } = options;
  await requireNoKeys(dir);
  const { custodian, description } = keyPaths(dir);
  await rehearse(dir, pipeline, options);
  const created = new Date();
  const signer = await writeSigner(custodian.sign, { closing: closing.custodian, access: access.custodian });
  const announce = (kids: readonly string[]): Promise<void> =>
    recordAudit(dir, { verb: 'key_init', reason: 'masque keys init', count: kids.length, kids });
  const common = { created, signer, announce, closing, access };
  const keys = [
    ...(await createSealKeys({ ...common, dir })),
    ...(await createKeys({ ...common, dir, mask: pipeline.mask, privateKey })),
  ];
  await writeDescription(description, keys);
  return keys;
}

/** Whatever could refuse refuses here, before the first file is written. */
async function rehearse(dir: string, pipeline: Pipeline, options: InitOptions): Promise<void> {
  const { access = {}, closing = {}, privateKey } = options;
  const paths = keyPaths(dir);
  for (const role of ['custodian', 'masker'] as const) {
    await closeEntry(paths[role].mask, { kid: 'trial', secret: 'trial' }, closing[role] ?? 'open', access[role]);
  }
  if (privateKey !== undefined) await checkRemoteKey(pipeline.mask, privateKey, access.custodian);
}

/** @throws {Fault} `key_file_exists` */
export async function requireNoKeys(dir: string): Promise<void> {
  const { extractor, masker, custodian, description } = keyPaths(dir);
  await requireAbsent([description, ...[extractor, masker, custodian].flatMap((role) => Object.values<string>(role))]);
}
