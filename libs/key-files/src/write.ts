import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Fault } from '@masque/fault';
import { errno, keyFileFault } from './fault.ts';
import type { KeyAccess } from './access.ts';
import { type Closing, closeSecrets } from './closing.ts';
import type { Signer } from './signature.ts';

export interface WriteOptions {
  /** True: mode 0600. False: 0644. */
  readonly secret: boolean;
  /** Default false: a key that is there is never lost to a second `init`. */
  readonly overwrite?: boolean;
  /** Signs what is written. */
  readonly signer?: Signer | undefined;
  /** How secrets are to stand in it. Default `open`. */
  readonly closing?: Closing | undefined;
  readonly access?: KeyAccess | undefined;
}

/**
 * Writes one JSON key file whole or not at all: into a temporary file of the same folder, synced, then moved into
 * place. Folders it has to make have mode 0700.
 * @throws {Fault} `key_file_exists`, `key_file_unwritable`
 */
export async function writeKeyFile(path: string, value: unknown, options: WriteOptions): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { closing = 'open', access, signer } = options;
    const closed =
      closing === 'open' ? value : await closeSecrets(path, value as Record<string, unknown>, closing, access);
    const content = signer === undefined ? closed : signed(closed as object, signer);
    await writeSynced(temporary, `${JSON.stringify(content, undefined, 2)}\n`, options.secret ? 0o600 : 0o644);
    await (options.overwrite === true ? rename(temporary, path) : place(temporary, path));
    await syncFolder(folder);
  } catch (error) {
    throw toWriteFault(path, error);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

async function writeSynced(path: string, text: string, mode: number): Promise<void> {
  // Made without rights for others: between open and chmod the umask decides.
  await using file = await open(path, 'wx', 0o600);
  await file.writeFile(text);
  await file.chmod(mode);
  await file.sync();
}

function signed(content: object, signer: Signer): object {
  return { ...content, signature: signer.sign(content) };
}

/** link() refuses an existing name in the same step in which it takes it; rename() would replace it. */
async function place(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (errno(error) !== 'EEXIST') throw error;
    throw exists(path);
  }
}

/**
 * Asked before a set of files is written, so that one that is there does not leave the others half made.
 * @throws {Fault} `key_file_exists`
 */
export async function requireAbsent(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const found = await lstat(path).then(
      () => true,
      () => false,
    );
    if (found) throw exists(path);
  }
}

function exists(path: string): Fault {
  const advice = 'What was made with it can only be opened with it: move it away, do not delete it.';
  return keyFileFault('key_file_exists', path, 'is already there', advice);
}

/** The new name is durable only when the folder is. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

function toWriteFault(path: string, error: unknown): Fault {
  if (error instanceof Fault) return error;
  const code = errno(error);
  const advice = 'Its folder must be writable by the user this process runs as.';
  return keyFileFault('key_file_unwritable', path, `cannot be written (${code})`, advice, { errno: code });
}
