import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder to run commands in; their temporary files go there too, so that what they leave can be seen. */
export interface OwnFolder {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  /** Processes that were started for this folder and still run; this one's children excluded. */
  processes(): Promise<{ readonly pid: number; readonly command: string }[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function ownFolder(): Promise<OwnFolder> {
  const path = await mkdtemp(join(tmpdir(), 'masque-cli-'));
  // PostgreSQL does not run as root, and whom it runs as must get through.
  await chmod(path, 0o711);
  return {
    path,
    env: { TMPDIR: path },
    async processes() {
      const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
      const found = pids.map(async (pid) => {
        const [command = '', environment = ''] = await Promise.all(
          ['cmdline', 'environ'].map((file) => readFile(join('/proc', pid, file), 'utf8').catch(() => '')),
        );
        if (!command.includes(path) && !environment.includes(path)) return [];
        return [{ pid: Number(pid), command: command.replaceAll('\0', ' ').trim() }];
      });
      return (await Promise.all(found)).flat();
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
