import { createHash } from 'node:crypto';
import { access, chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account, giveTo, reaches } from './account.ts';
import type { Folders } from './folders.ts';
import { inheritedEnv } from './inherited-env.ts';
import { readSince, sizeOf } from './log-file.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import type { ReaperLink } from './reaper-link.ts';
import { refusalOf, startFault } from './start-fault.ts';

export const superuser = 'masque';

export interface ClusterDeps {
  readonly link: ReaperLink;
  readonly folders: Folders;
  readonly account: Account | undefined;
  readonly binaries: PostgresBinaries;
  readonly durable: boolean;
}

/** The folder of PostgreSQL's files, made by initdb if this is the first time. */
export async function openCluster(deps: ClusterDeps): Promise<string> {
  const parent = await clusterParent(deps.folders.data, deps.account);
  const cluster = join(parent, 'postgres');
  if (await exists(cluster)) return cluster;
  // Made beside its place and renamed: an owner killed meanwhile leaves nothing that looks finished.
  const unfinished = `${cluster}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await giveTo(deps.account, unfinished);
  await initialise(unfinished, deps);
  await rename(unfinished, cluster);
  return cluster;
}

/**
 * The data folder; or, where root's data folder is closed to PostgreSQL's account (anywhere below /root), a folder in
 * /var/lib that is linked from it. Opening /root to others is not ours to do.
 */
export async function clusterParent(
  data: string,
  account: Account | undefined,
  outsideRoot = '/var/lib/masque',
): Promise<string> {
  if (await reaches(account, data)) return data;
  const outside = join(outsideRoot, createHash('sha256').update(data).digest('hex').slice(0, 16));
  const link = join(data, 'postgres-is-in');
  if (await exists(link)) return outside;
  // The link went with a data folder that someone removed, and what it led to was meant to go as well.
  await rm(outside, { recursive: true, force: true });
  await mkdir(outside, { recursive: true });
  await chmod(outside, 0o711);
  await rm(link, { force: true });
  await symlink(outside, link);
  return outside;
}

async function initialise(folder: string, { link, folders, account, binaries, durable }: ClusterDeps): Promise<void> {
  const passwordFile = join(folders.temporary, 'postgres-password');
  await writeFile(passwordFile, `${folders.memory.password}\n`, { mode: 0o600 });
  await giveTo(account, passwordFile);
  const log = folders.log('postgres');
  const from = await sizeOf(log);
  try {
    const process = await link.spawn({
      command: binaries.initdb,
      args: [
        `--pgdata=${folder}`,
        `--username=${superuser}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        // The same order and case rules on every machine, whatever its libc knows.
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--no-instructions',
        ...(durable ? [] : ['--no-sync']),
      ],
      env: inheritedEnv(),
      cwd: folders.temporary,
      log,
      endSignal: 'SIGTERM',
      graceMs: 2_000,
      ...(account === undefined ? {} : { account }),
    });
    const exit = await process.ended();
    if (exit.code !== 0) throw startFault('postgres', refusalOf(exit, await readSince(log, from), true));
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
