import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Fault } from '@masque/fault';
import { type Account, reaches } from './account.ts';
import type { ReaperLink } from './reaper-link.ts';
import type { ServerName } from './stack.ts';

/** Where a stack keeps things. */
export interface Folders {
  /** Gone at the end. */
  readonly temporary: string;
  /** The given data folder, or the temporary one. */
  readonly data: string;
  readonly kept: boolean;
  readonly memory: Memory;
  log(server: ServerName): string;
  rememberPort(server: ServerName, port: number): Promise<void>;
}

/** What the next start on a kept folder needs to be the same stack: same password, same ports where still free. */
export interface Memory {
  readonly password: string;
  readonly ports: Readonly<Partial<Record<ServerName, number>>>;
}

/** @throws {Fault} `local_stack_in_use`, `data_dir_unusable` */
export async function openFolders(
  link: ReaperLink,
  account: Account | undefined,
  dataDir: string | undefined,
): Promise<Folders> {
  const temporary = await link.temporaryFolder(await temporaryParent(account));
  // Here and below: passable for PostgreSQL's account, readable for nobody.
  if (account !== undefined) await chmod(temporary, 0o711);
  const data = dataDir === undefined ? temporary : await openDataDir(link, account, resolve(dataDir));
  await mkdir(join(data, 'logs'), { recursive: true, mode: 0o700 });
  const memoryFile = join(data, 'stack.json');
  let memory = (await recall(memoryFile)) ?? { password: randomBytes(18).toString('base64url'), ports: {} };
  let written = remember(memoryFile, memory);
  await written;
  return {
    temporary,
    data,
    kept: dataDir !== undefined,
    memory,
    log: (server) => join(data, 'logs', `${server}.log`),
    async rememberPort(server, port) {
      memory = { ...memory, ports: { ...memory.ports, [server]: port } };
      written = written.then(() => remember(memoryFile, memory));
      await written;
    },
  };
}

async function temporaryParent(account: Account | undefined): Promise<string> {
  for (const parent of [tmpdir(), '/tmp', '/var/tmp']) {
    if (await reaches(account, parent).catch(() => false)) return parent;
  }
  throw new Fault('no_temporary_folder', 'there is no temporary folder that PostgreSQL may use', {
    heals: false,
    setting: 'TMPDIR',
  });
}

async function openDataDir(link: ReaperLink, account: Account | undefined, folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true, mode: account === undefined ? 0o700 : 0o711 });
    await link.lock(join(folder, 'lock'));
    return folder;
  } catch (error) {
    const inUse = error instanceof Fault && error.details['errno'] === 'in_use';
    if (inUse) {
      throw new Fault('local_stack_in_use', `another local stack runs on ${folder}`, {
        heals: true,
        advice: 'Stop it first, or name another data folder.',
      });
    }
    throw new Fault('data_dir_unusable', `the data folder ${folder} cannot be made or written`, {
      heals: false,
      advice: 'Name a folder that you may write.',
    });
  }
}

async function recall(file: string): Promise<Memory | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Memory;
  } catch {
    // Not there: the first start. `remember` leaves no half-written one.
    return undefined;
  }
}

async function remember(file: string, memory: Memory): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(memory), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
