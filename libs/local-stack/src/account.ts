import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { Fault } from '@masque/fault';

const run = promisify(execFile);

/** The operating system's user that PostgreSQL runs as, where it is not the owner's. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root. Root then lends it an account that exists: `postgres`, else `nobody`. Undefined:
 * the owner is not root and needs none.
 */
export async function serverAccount(names = ['postgres', 'nobody']): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of names) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      const account = { uid: Number(uid.stdout), gid: Number(gid.stdout) };
      if (account.uid > 0) return account;
    } catch {
      // No such user; the next.
    }
  }
  throw new Fault('no_server_account', `PostgreSQL does not run as root, and there is no user ${names.join(' or ')}`, {
    heals: false,
    advice: 'Run as an ordinary user, or create one of these users.',
  });
}

/** Whether the account may go to `path` and, it being a folder or a program, into or through it. */
export async function reaches(account: Account | undefined, path: string): Promise<boolean> {
  if (account === undefined) return true;
  for (let at = path; ; at = dirname(at)) {
    if (!(await mayEnter(account, at))) return false;
    if (at === dirname(at)) return true;
  }
}

async function mayEnter({ uid, gid }: Account, path: string): Promise<boolean> {
  const { mode, uid: owner, gid: group } = await stat(path);
  const shift = owner === uid ? 6 : group === gid ? 3 : 0;
  return ((mode >> shift) & 0o1) === 0o1;
}

export async function giveTo(account: Account | undefined, path: string): Promise<void> {
  if (account !== undefined) await run('chown', ['-R', `${account.uid}:${account.gid}`, path]);
}
