import { readFile, writeFile } from 'node:fs/promises';
import { keyPaths } from '@masque/key-files';

interface KeyFile {
  readonly keys: readonly { readonly kid: string }[];
}

/** Makes the mask key of another installation the PRIMARY of this one, whose own goes on as ENABLED. */
export async function addPrimary(
  keysDir: string,
  otherDir: string,
): Promise<{ readonly from: string; readonly to: string }> {
  const [own, other] = [keyPaths(keysDir), keyPaths(otherDir)];
  for (const [into, of] of [
    [own.custodian.unmask, other.custodian.unmask],
    [own.custodian.mask, other.custodian.mask],
    [own.masker.mask, other.masker.mask],
  ] as const) {
    const [old, more] = await Promise.all([read(into), read(of)]);
    const keys = [...old.keys.map((key) => ({ ...key, status: 'ENABLED' })), ...more.keys];
    await writeFile(into, JSON.stringify({ ...old, keys }));
  }
  const [from, to] = (await read(own.custodian.mask)).keys;
  return { from: from?.kid ?? '', to: to?.kid ?? '' };
}

async function read(file: string): Promise<KeyFile> {
  return JSON.parse(await readFile(file, 'utf8')) as KeyFile;
}
