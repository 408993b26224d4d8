import type { Fault } from '@masque/fault';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createPostgresSink } from '../src/index.ts';
import { aBatch, logins, notes } from './own-database.ts';

const password = 'p4ssw0rd-SENTINEL';

/** The stack's URL with parts of it replaced. */
function urlWith(change: (url: URL) => void): string {
  const url = new URL(inject('stack').postgresUrl);
  change(url);
  return url.href;
}

test.each<[string, string, boolean, (url: URL) => void]>([
  ['a port where nobody listens', 'postgres_unreachable', true, (url) => (url.port = '1')],
  ['a host that is none', 'postgres_unreachable', true, (url) => (url.hostname = 'nowhere.invalid')],
  ['a wrong password', 'postgres_refused', false, (url) => (url.password = password)],
  ['no password', 'postgres_refused', false, (url) => (url.password = '')],
  ['a user that is none', 'postgres_refused', false, (url) => (url.username = 'nobody')],
  ['a database that is none', 'database_missing', false, (url) => (url.pathname = '/nowhere')],
  ['TLS that the server has not', 'postgres_tls', false, (url) => (url.search = '?sslmode=verify-full')],
  [
    'a certificate file that is none',
    'database_url_invalid',
    false,
    (url) => (url.search = '?sslrootcert=/nowhere.pem'),
  ],
])('%s is %s, heals: %s', async (_, code, heals, change) => {
  const sink = createPostgresSink({ databaseUrl: urlWith(change), target: logins, connections: 1, name: 'test' });
  onTestFinished(() => sink.close());
  const own = new URL(inject('stack').postgresUrl).password;
  for (const attempt of [() => sink.check(), () => sink.load(aBatch([])), () => sink.registerKeys([aKey])]) {
    // An empty batch of another definition never reaches the server; give it the right columns.
    const fault: Fault = await attempt().then(
      () => expect.fail('it connected'),
      (thrown: Fault) => thrown,
    );
    if (fault.code === 'definition_differs') continue;
    expect(fault).toMatchObject({ name: 'Fault', code, heals, setting: 'DATABASE_URL' });
    expect(fault.advice).toMatch(/\w/);
    const said = `${fault.toLine()} ${JSON.stringify(fault)} ${fault.stack} ${String(fault.cause)}`;
    expect(said).not.toContain(password);
    expect(said).not.toContain(own);
  }
});

const aKey = { kid: 'abcdef', method: 'rsa', fingerprint: 'f' };

test('a server that accepts and says nothing is unreachable, in time', async () => {
  const silent = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  const sink = createPostgresSink({
    databaseUrl: `postgres://u:p@127.0.0.1:${port}/d`,
    target: notes,
    connections: 1,
    name: 'test',
  });
  onTestFinished(() => sink.close());
  await expect(sink.check()).rejects.toMatchObject({ code: 'postgres_unreachable', heals: true });
});

test('a sink may be closed twice, and before its first use', async () => {
  const sink = createPostgresSink({
    databaseUrl: inject('stack').postgresUrl,
    target: notes,
    connections: 1,
    name: 'test',
  });
  await expect(Promise.all([sink.close(), sink.close()])).resolves.toBeDefined();
  await expect(sink.close()).resolves.toBeUndefined();
});
