import { access, constants, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { Fault } from '@masque/fault';
import { inheritedEnv } from './inherited-env.ts';
import type { ReaperLink } from './reaper-link.ts';
import type { RedisBinary } from './redis-binary.ts';

export interface FetchDeps {
  readonly link: ReaperLink;
  readonly temporary: string;
  readonly log: string;
  readonly onFetch: (detail: string) => void;
}

/** What an earlier run fetched, if anything. */
export async function cachedRedis(): Promise<RedisBinary | undefined> {
  const cache = cacheFolder();
  return cache === undefined ? undefined : await redisIn(join(cache, unpackedName));
}

/**
 * Fetches Redis from the repositories of a Debian or Ubuntu, as any user and without touching the system: package
 * lists and archives of our own, no locks, packages unpacked instead of installed. apt works out which libraries are
 * missing here. Undefined where that is impossible: no apt, no network, no such package.
 */
export async function fetchRedis(deps: FetchDeps): Promise<RedisBinary | undefined> {
  const { link } = deps;
  const cache = await writableCache(deps.temporary);
  // Registered with the reaper, so that a run broken off leaves nothing half-made in the cache.
  const work = await link.temporaryFolder(cache);
  try {
    for (const folder of ['lists/partial', 'cache/archives/partial', 'root']) {
      await mkdir(join(work, folder), { recursive: true });
    }
    deps.onFetch('package lists');
    const run = (command: string, args: readonly string[]): Promise<void> => runInside(work, deps, command, args);
    await run('apt-get', [...aptOptions(work), 'update']);
    deps.onFetch('redis-server');
    // Reinstalled, or apt would download nothing where the system has it, too old or off the PATH. The server's program
    // lies in the package of the tools.
    const install = [
      ...aptOptions(work),
      'install',
      '--yes',
      '--no-install-recommends',
      '--download-only',
      '--reinstall',
    ];
    const fetch = (name: string): Promise<void> => run('apt-get', [...install, `${name}-server`, `${name}-tools`]);
    await fetch('redis').catch(() => fetch('valkey'));
    const archives = join(work, 'cache/archives');
    const packages = (await readdir(archives)).filter((name) => name.endsWith('.deb'));
    for (const name of packages) await run('dpkg-deb', ['-x', join(archives, name), join(work, 'root')]);
    await moveIntoPlace(join(work, 'root'), join(cache, unpackedName));
    return await redisIn(join(cache, unpackedName));
  } catch (error) {
    if (error instanceof Fault && (error.code === 'redis_fetch_failed' || error.code === 'reaper_refused'))
      return undefined;
    throw error;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const unpackedName = `redis-${process.platform}-${process.arch}`;

/** Undefined: a user without a home, `nobody` for one. */
function cacheFolder(): string | undefined {
  const { XDG_CACHE_HOME: cache, HOME: home } = process.env;
  if (cache !== undefined && isAbsolute(cache)) return join(cache, 'masque');
  return home === undefined || home === '' ? undefined : join(home, '.cache', 'masque');
}

async function writableCache(temporary: string): Promise<string> {
  const cache = cacheFolder();
  if (cache === undefined) return temporary;
  try {
    await mkdir(cache, { recursive: true });
    await access(cache, constants.W_OK);
    return cache;
  } catch {
    return temporary;
  }
}

function aptOptions(work: string): string[] {
  return [
    `Dir::State::Lists=${join(work, 'lists')}`,
    `Dir::Cache=${join(work, 'cache')}`,
    // dpkg's lock is root's, and we change nothing that it guards.
    'Debug::NoLocking=1',
    // As root apt would download as `_apt`, which may not write below /root.
    'APT::Sandbox::User=root',
    'Acquire::Retries=2',
  ].flatMap((option) => ['-o', option]);
}

/** apt is given the owner's proxies. Its words go to the log. */
async function runInside(
  work: string,
  { link, log }: FetchDeps,
  command: string,
  args: readonly string[],
): Promise<void> {
  const proxies = ['http_proxy', 'https_proxy', 'no_proxy', 'APT_CONFIG'];
  const env = { ...inheritedEnv(proxies), DEBIAN_FRONTEND: 'noninteractive', TMPDIR: work };
  const process = await link.spawn({ command, args, env, cwd: work, log, endSignal: 'SIGKILL', graceMs: 1_000 });
  const { code } = await process.ended();
  if (code === 0) return;
  throw new Fault('redis_fetch_failed', `${command} failed`, { heals: true, details: { exit: code ?? -1 } });
}

/** By rename, so that whoever else looks sees all of it or nothing. */
async function moveIntoPlace(unpacked: string, place: string): Promise<void> {
  try {
    await rename(unpacked, place);
  } catch {
    // Another process was first, or what is there was found unusable: either way ours is as good.
    const old = `${unpacked}.old`;
    await rename(place, old).catch(() => {});
    await rename(unpacked, place).catch(() => {});
  }
}

async function redisIn(root: string): Promise<RedisBinary | undefined> {
  for (const name of ['redis-server', 'redis-check-rdb', 'valkey-server', 'valkey-check-rdb']) {
    const command = join(root, 'usr/bin', name);
    const present = await access(command).then(
      () => true,
      () => false,
    );
    if (present) return { command, env: { LD_LIBRARY_PATH: (await libraryFolders(root)).join(':') } };
  }
  return undefined;
}

async function libraryFolders(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const base of ['usr/lib', 'lib']) {
    const folder = join(root, base);
    const inside = await readdir(folder, { withFileTypes: true }).catch(() => []);
    // The multiarch folder: x86_64-linux-gnu, aarch64-linux-gnu.
    found.push(folder, ...inside.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name)));
  }
  return found;
}
