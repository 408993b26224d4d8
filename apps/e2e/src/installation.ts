import { chmod, copyFile, cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyPaths, type KeyPaths } from '@masque/key-files';
import { initKeys } from '@masque/keyring';
import type { Pipeline } from '@masque/pipeline';

/** Keys of one `masque keys init`, and copies of them to be spoilt. */
export interface Installation {
  readonly keysDir: string;
  readonly paths: KeyPaths;
  copy(): Promise<{ readonly keysDir: string; readonly paths: KeyPaths }>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function install(pipeline: Pipeline): Promise<Installation> {
  const root = await mkdtemp(join(tmpdir(), 'masque-keys-'));
  const keysDir = join(root, 'keys');
  await initKeys(keysDir, pipeline);
  // Whoever tries as another user is to be stopped by the files, not by the folders.
  for (const folder of [root, keysDir, join(keysDir, 'masker'), join(keysDir, 'extractor')]) await chmod(folder, 0o711);
  let copies = 0;
  return {
    keysDir,
    paths: keyPaths(keysDir),
    async copy() {
      const copied = join(root, `copy-${(copies += 1)}`);
      await cp(keysDir, copied, { recursive: true, preserveTimestamps: true });
      return { keysDir: copied, paths: keyPaths(copied) };
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

export async function swap(one: string, other: string): Promise<void> {
  await copyFile(one, `${one}.aside`);
  await rename(other, one);
  await rename(`${one}.aside`, other);
}
