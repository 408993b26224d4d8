import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type LocalStack, type LocalStackOptions, startLocalStack } from '../src/index.ts';
import { postgresTarget } from '../src/postgres-database.ts';
import { execute } from '../src/postgres-wire.ts';
import { canBeOthers, isAlive, ownFolder, startOwner } from './own.ts';

async function start(options: LocalStackOptions = {}): Promise<LocalStack> {
  const stack = await startLocalStack({ durable: false, ...options });
  onTestFinished(() => stack.stop());
  return stack;
}

/** The SQLSTATE, or undefined when it worked. */
async function sql(url: string, statement: string): Promise<string | undefined> {
  return (await execute(postgresTarget(url), statement)).sqlState;
}

/** A statement that fails (22012) unless the condition holds: the wire client reads no rows. */
async function holds(url: string, condition: string): Promise<boolean> {
  const sqlState = await sql(url, `SELECT 1 / (CASE WHEN ${condition} THEN 1 ELSE 0 END)`);
  expect([undefined, '22012']).toContain(sqlState);
  return sqlState === undefined;
}

async function redis(url: string, command: string): Promise<string> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`${command}\r\n`);
  const [reply] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return reply.toString();
}

async function opens(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  return await once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}

test('three servers, as the pipeline needs them', async () => {
  const events: string[] = [];
  const stack = await start({ onProgress: ({ server, state }) => events.push(`${server} ${state}`) });
  const {
    postgres,
    redis: { url: redisUrl, port: redisPort },
    sqs,
  } = stack;

  expect(new Set([postgres.port, redisPort, sqs.port]).size).toBe(3);
  expect(events).toEqual(expect.arrayContaining(['postgres ready', 'redis ready', 'sqs ready']));

  expect(await holds(postgres.url(), "current_database() = 'masque' AND current_user = 'masque'")).toBe(true);
  expect(await holds(postgres.url(), "current_setting('server_encoding') = 'UTF8'")).toBe(true);
  expect(
    await holds(postgres.url(), "current_setting('fsync') = 'off' AND current_setting('full_page_writes') = 'off'"),
  ).toBe(true);
  // "delete after a durable commit" must be tested as it is.
  expect(await holds(postgres.url(), "current_setting('synchronous_commit') = 'on'")).toBe(true);
  const stranger = { ...postgresTarget(postgres.url()), password: 'guess' };
  expect((await execute(stranger)).sqlState).toBe('28P01');

  const odd = await postgres.createDatabase('Ünï "quoted"; x');
  expect(await holds(odd, `current_database() = 'Ünï "quoted"; x'`)).toBe(true);
  expect(await postgres.createDatabase('Ünï "quoted"; x')).toBe(odd);
  await Promise.all(Array.from({ length: 4 }, (_, index) => postgres.createDatabase(`beside_${index}`)));

  expect(await redis(redisUrl, 'CONFIG GET maxmemory-policy')).toContain('noeviction');
  expect(await redis(redisUrl, 'SAVE')).toContain('OK');

  const queue = await sqs.createQueue('logins', { VisibilityTimeout: '30' });
  expect(queue.startsWith(`${sqs.endpoint}/`)).toBe(true);
  const ids = await sqs.send(
    queue,
    Array.from({ length: 105 }, (_, index) => `{"n":${index}}`),
  );
  expect(new Set(ids).size).toBe(105);
  expect(ids.every((id) => typeof id === 'string' && id.length > 0)).toBe(true);
  expect(await sqs.counts(queue)).toEqual({ visible: 105, inFlight: 0, delayed: 0 });
  await sqs.purge(queue);
  expect(await sqs.counts(queue)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  const late = await sqs.createQueue('late', { DelaySeconds: '60' });
  await sqs.send(late, ['x']);
  expect(await sqs.counts(late)).toEqual({ visible: 0, inFlight: 0, delayed: 1 });
  await expect(sqs.send(`${sqs.endpoint}/000000000000/none`, ['secret body'])).rejects.toMatchObject({
    code: 'sqs_refused',
    details: { code: 'QueueDoesNotExist' },
  });
  // A control character: refused entry by entry, with a 200.
  await expect(sqs.send(queue, ['fine', '\u0001'])).rejects.toMatchObject({ code: 'sqs_refused' });

  // A link-local address of one of several interfaces (a container's, say) is nowhere without its zone: nobody answers.
  const outside = Object.entries(networkInterfaces()).flatMap(([zone, all = []]) =>
    all
      .filter(({ internal }) => !internal)
      .map(({ address }) => (/^fe80:/i.test(address) ? `${address}%${zone}` : address)),
  );
  for (const address of outside) {
    const open = await Promise.all([postgres.port, redisPort, sqs.port].map((port) => opens(address, port)));
    expect({ address, open }).toEqual({ address, open: [false, false, false] });
  }
});

test('each server stops, is killed and comes back with its port, and PostgreSQL with its data', async () => {
  const stack = await start();
  const { postgres } = stack;
  const url = await postgres.createDatabase('kept');
  expect(await sql(url, 'CREATE TABLE t AS SELECT 1 AS n')).toBeUndefined();
  for (const end of [() => postgres.kill(), () => postgres.stop(), () => postgres.stop('SIGQUIT')]) {
    const { pid = 0, port } = postgres;
    await end();
    expect([postgres.pid, isAlive(pid)]).toEqual([undefined, false]);
    expect(await sql(url, 'SELECT 1')).toBe('closed');
    await postgres.start();
    expect(postgres.port).toBe(port);
    expect(await holds(url, '(SELECT n FROM t) = 1')).toBe(true);
  }
  for (const server of [stack.redis, stack.sqs]) {
    const { pid, port } = server;
    await server.kill();
    await server.start();
    expect(server.port).toBe(port);
    expect(server.pid).not.toBe(pid);
  }
  expect(await redis(stack.redis.url, 'PING')).toContain('PONG');
  await expect(stack.sqs.createQueue('again')).resolves.toContain('/again');
});

test('two stacks do not meet', async () => {
  const [one, other] = await Promise.all([start(), start()]);
  expect(one.postgres.port).not.toBe(other.postgres.port);
  await one.postgres.createDatabase('mine');
  expect(await sql(other.postgres.url('mine'), 'SELECT 1')).toBe('3D000');
  await one.stop();
  expect(await holds(other.postgres.url(), 'true')).toBe(true);
});

test('a kept folder is the same stack again', async () => {
  const dataDir = join(ownFolder(), 'with space', 'data');
  const first = await start({ dataDir, durable: true });
  expect(await holds(first.postgres.url(), "current_setting('fsync') = 'on'")).toBe(true);
  const url = await first.postgres.createDatabase('kept');
  const queue = await first.sqs.createQueue('logins');
  await first.sqs.send(queue, ['one', 'two']);
  expect(statSync(join(dataDir, 'stack.json')).mode & 0o077).toBe(0);
  expect(existsSync(join(dataDir, 'postgres', 'PG_VERSION'))).toBe(true);

  await expect(startLocalStack({ dataDir, only: ['redis'] })).rejects.toMatchObject({ code: 'local_stack_in_use' });
  await first.stop();
  await first.stop();

  const second = await start({ dataDir });
  expect(second.postgres.url('kept')).toBe(url);
  expect(await holds(url, 'true')).toBe(true);
  expect(await second.sqs.createQueue('logins')).toBe(queue);
  expect(await second.sqs.counts(queue)).toMatchObject({ visible: 2 });
});

test('a kept folder outlives a killed owner, and the next one waits until that is cleaned up', async () => {
  const dataDir = join(ownFolder(), 'data');
  const owner = startOwner({ dataDir, finish: 'wait' });
  const { postgresUrl = '', pids } = await owner.report();
  expect(await sql(postgresUrl, 'CREATE TABLE t AS SELECT 1 AS n')).toBeUndefined();
  process.kill(owner.pid, 'SIGKILL');
  await owner.exit();
  const next = await start({ dataDir });
  expect(pids.some(isAlive)).toBe(false);
  expect(next.postgres.url()).toBe(postgresUrl);
  expect(await holds(postgresUrl, '(SELECT n FROM t) = 1')).toBe(true);
});

test('only some at once, the others later', async () => {
  const stack = await start({ only: ['sqs'] });
  expect([stack.postgres.pid, stack.redis.pid, stack.postgres.port]).toEqual([undefined, undefined, 0]);
  expect(() => stack.redis.url).toThrow(expect.objectContaining({ code: 'local_server_never_started' }));
  await stack.redis.start();
  expect(await redis(stack.redis.url, 'PING')).toContain('PONG');
});

test('aborting a start stops what had started', async () => {
  const abort = new AbortController();
  const starting = startLocalStack({
    durable: false,
    signal: abort.signal,
    onProgress: ({ state }) => state === 'ready' && abort.abort(),
  });
  await expect(starting).rejects.toMatchObject({ code: 'local_stack_aborted' });
  await expect(startLocalStack({ signal: abort.signal })).rejects.toMatchObject({ code: 'local_stack_aborted' });
});

test('a data folder that cannot be made is a fault', async () => {
  const file = join(ownFolder(), 'file');
  writeFileSync(file, '');
  await expect(startLocalStack({ dataDir: join(file, 'data') })).rejects.toMatchObject({ code: 'data_dir_unusable' });
});

test('a data folder that holds something else is a fault that says so', async () => {
  const dataDir = ownFolder();
  mkdirSync(join(dataDir, 'postgres'));
  writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '9.6\n');
  await expect(startLocalStack({ dataDir, only: ['postgres'] })).rejects.toMatchObject({
    code: 'postgres_not_started',
    details: { reason: 'exited' },
  });
});

test('logs keep no statement', async () => {
  const dataDir = join(ownFolder(), 'data');
  const stack = await start({ dataDir, only: ['postgres'] });
  await sql(stack.postgres.url(), 'CREATE TABLE t (n text PRIMARY KEY)');
  await sql(stack.postgres.url(), "INSERT INTO t VALUES ('203.0.113.7')");
  expect(await sql(stack.postgres.url(), "INSERT INTO t VALUES ('203.0.113.7')")).toBe('23505');
  const log = readFileSync(join(dataDir, 'logs', 'postgres.log'), 'utf8');
  expect(log).toContain('duplicate key');
  expect(log).not.toContain('203.0.113.7');
});

test.runIf(canBeOthers)('an ordinary user without a home or a usual environment may start one', async () => {
  const owner = startOwner(
    { durable: false, finish: 'stop' },
    { uid: 65_534, gid: 65_534, env: { HOME: '/nonexistent', XDG_CACHE_HOME: '', USER: '', LANG: 'xx_XX.UTF-8' } },
  );
  const { postgresUrl = '' } = await owner.report();
  expect(postgresUrl).toContain('127.0.0.1');
  expect(await owner.exit()).toEqual([0, null]);
});

test.runIf(canBeOthers)('a user id without a name is told so', async () => {
  const owner = startOwner(
    { durable: false, finish: 'stop', only: ['postgres'] },
    { uid: 54_321, gid: 54_321, env: { HOME: '/' } },
  );
  expect((await owner.exit())[0]).toBe(1);
  await expect.poll(() => owner.errors()).toContain('nameless_user');
});
