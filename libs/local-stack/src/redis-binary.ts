import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { Fault } from '@masque/fault';
import { inheritedEnv } from './inherited-env.ts';
import { cachedRedis, fetchRedis, type FetchDeps } from './redis-packages.ts';

const run = promisify(execFile);

export interface RedisBinary {
  readonly command: string;
  /** What it needs beside the usual to find its libraries. */
  readonly env: Readonly<Record<string, string>>;
}

export interface FindRedisDeps extends FetchDeps {
  readonly onFetch: (detail: string) => void;
}

/** BullMQ's least, and what libs/job-queue checks. */
const oldest = [6, 2] as const;

/**
 * `redis-server` or `valkey-server` on PATH; else one fetched earlier; else one fetched now, unprivileged, from the
 * operating system's packages.
 * @throws {Fault} `redis_missing`
 */
export async function findRedis(deps: FindRedisDeps): Promise<RedisBinary> {
  for (const command of [...(await onPath('redis-server')), ...(await onPath('valkey-server'))]) {
    if (await isUsable({ command, env: {} })) return { command, env: {} };
  }
  const cached = await cachedRedis();
  if (cached !== undefined && (await isUsable(cached))) return cached;
  const fetched = await fetchRedis(deps);
  if (fetched !== undefined && (await isUsable(fetched))) return fetched;
  throw new Fault('redis_missing', `no redis-server ${oldest.join('.')} or newer on PATH, and none could be fetched`, {
    heals: false,
    setting: 'PATH',
    advice: await howToInstall(),
  });
}

async function onPath(program: string): Promise<string[]> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const paths = folders.map((folder) => join(folder, program));
  const executable = await Promise.all(
    paths.map((path) =>
      access(path, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return paths.filter((_, index) => executable[index]);
}

/** It runs here (libraries, architecture), and is new enough. */
async function isUsable({ command, env }: RedisBinary): Promise<boolean> {
  try {
    const { stdout } = await run(command, ['--version'], { env: { ...inheritedEnv(), ...env }, timeout: 10_000 });
    const [major = 0, minor = 0] = (/\bv=(\d+)\.(\d+)/.exec(stdout) ?? []).slice(1).map(Number);
    return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
  } catch {
    return false;
  }
}

/** The first whose package manager is here. */
const installers: readonly (readonly [program: string, command: string])[] = [
  ['apt-get', 'sudo apt-get install redis-server'],
  ['dnf', 'sudo dnf install valkey'],
  ['apk', 'apk add redis'],
  ['pacman', 'sudo pacman -S valkey'],
  ['zypper', 'sudo zypper install redis'],
  ['brew', 'brew install redis'],
];

async function howToInstall(): Promise<string> {
  if (process.platform === 'win32') return 'Redis does not come for Windows: use WSL, or Docker.';
  for (const [program, command] of installers) {
    if ((await onPath(program)).length > 0) return `Install it: ${command}`;
  }
  return process.platform === 'darwin'
    ? 'Install Homebrew (https://brew.sh), then: brew install redis'
    : 'Install redis-server or valkey-server with the package manager of this system.';
}
