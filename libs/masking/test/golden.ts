import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyPaths, type KeyPaths, writeKeyFile } from '@masque/key-files';
import { rsa } from '@masque/pipeline';
import type { Masker } from '../src/masker.ts';
import { type MaskKeys, readMaskKeys, readUnmaskKeys, type UnmaskKeys } from '../src/keys.ts';

interface Entry {
  readonly kid: string;
  readonly publicKey: string;
  readonly prfSecret: string;
}

/** Keys and tokens that never change. */
export const golden = JSON.parse(readFileSync(new URL('vectors/golden.json', import.meta.url), 'utf8')) as {
  readonly mask: { readonly version: 1; readonly role: 'mask'; readonly keys: readonly [Entry] };
  readonly unmask: { readonly keys: readonly [{ readonly privateKey: string }] };
  readonly fingerprint: string;
  readonly tokens: readonly { readonly field: string; readonly value: string; readonly token: string }[];
};

export const mask = { ip: rsa('address'), device_id: rsa('text') };

/** A folder that is gone when the file's tests are, as every temporary one of a unit test is. */
export function folder(): string {
  return mkdtempSync(join(tmpdir(), 'masque-mask-'));
}

/** The golden keys as files, the way `masque keys init` leaves them. */
export async function goldenFiles(): Promise<KeyPaths> {
  const paths = keyPaths(folder());
  await writeKeyFile(paths.masker.mask, golden.mask, { secret: true });
  await writeKeyFile(paths.custodian.mask, golden.mask, { secret: true });
  await writeKeyFile(paths.custodian.unmask, golden.unmask, { secret: true });
  return paths;
}

export async function goldenKeys(): Promise<{ maskKeys: MaskKeys; unmaskKeys: UnmaskKeys }> {
  const { custodian } = await goldenFiles();
  return { maskKeys: await readMaskKeys(custodian.mask), unmaskKeys: await readUnmaskKeys(custodian.unmask) };
}

/** The token of a value that must have one. */
export function tokenOf(masker: Masker, field: string, value: string): string {
  const [token] = masker.mask(field, [value]);
  if (typeof token !== 'string') throw new Error('refused');
  return token;
}
