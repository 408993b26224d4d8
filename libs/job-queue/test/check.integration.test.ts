import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { Fault } from '@masque/fault';
import { type LocalStack, startLocalStack } from '@masque/local-stack';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createJobQueue } from '../src/index.ts';

/** A Redis of its own: this one is set up wrongly. */
let stack: LocalStack;
let admin: Redis;
beforeAll(async () => {
  stack = await startLocalStack({ only: ['redis'], durable: false });
  admin = new Redis(stack.redis.url);
});
afterAll(async () => {
  admin.disconnect();
  await stack.stop();
});

const password = 'SENTINEL-4711';

/** What `check` throws, and everything that was told beside it; none of it may hold the password. */
async function checkOf(url: string): Promise<Fault | undefined> {
  const told: Fault[] = [];
  const queue = createJobQueue({ url, name: 'test', onFault: (fault) => told.push(fault) });
  onTestFinished(() => queue.close());
  const thrown = await queue.check().then(
    () => undefined,
    (error: unknown) => error,
  );
  for (const fault of [thrown, ...told]) {
    const shown = [inspect(fault, { depth: Infinity, showHidden: true }), JSON.stringify(fault)];
    expect(shown.join('\n')).not.toContain('SENTINEL');
  }
  if (thrown === undefined || thrown instanceof Fault) return thrown;
  throw new Error('what was thrown is no fault');
}

function urlOf({ host = '127.0.0.1', port = stack.redis.port, credentials = '', db = '' } = {}): string {
  return `redis://${credentials}${host}:${port}${db}`;
}

async function configured(setting: string, value: string, usual: string): Promise<void> {
  await admin.config('SET', setting, value);
  onTestFinished(async () => {
    await admin.config('SET', setting, usual);
  });
}

test('a Redis that can be relied on, by URL with and without database', async () => {
  expect(await checkOf(urlOf())).toBeUndefined();
  expect(await checkOf(urlOf({ db: '/3' }))).toBeUndefined();
});

test('a wrong password, a missing one and an unknown user', async () => {
  await configured('requirepass', 'right', '');
  const refused = { code: 'redis_refused', heals: false, setting: 'REDIS_URL' };
  for (const credentials of [`:${password}@`, '', `nobody:${password}@`]) {
    expect(await checkOf(urlOf({ credentials }))).toMatchObject(refused);
  }
  expect(await checkOf(urlOf({ credentials: ':right@' }))).toBeUndefined();
});

test('a password where none is asked for is no fault: ioredis goes on without', async () => {
  expect(await checkOf(urlOf({ credentials: `:${password}@` }))).toBeUndefined();
});

test('a user without rights', async () => {
  await admin.acl('SETUSER', 'weak', 'on', `>${password}`, '~*', '+ping', '+client', '+select');
  onTestFinished(async () => {
    await admin.acl('DELUSER', 'weak');
  });
  expect(await checkOf(urlOf({ credentials: `weak:${password}@` }))).toMatchObject({
    code: 'redis_refused',
    heals: false,
    details: { reply: 'NOPERM' },
  });
});

test('a database that is not there', async () => {
  expect(await checkOf(urlOf({ credentials: '', db: '/99' }))).toMatchObject({
    code: 'redis_refused',
    heals: false,
    setting: 'REDIS_URL',
    advice: 'Check the number after the last slash of the URL.',
  });
});

test.each(['allkeys-lru', 'volatile-ttl'])('a Redis that evicts (%s)', async (policy) => {
  await configured('maxmemory-policy', policy, 'noeviction');
  const fault = await checkOf(urlOf());
  expect(fault).toMatchObject({ code: 'redis_evicts', heals: false, setting: 'REDIS_URL' });
  expect(fault?.message).toContain(policy);
});

test('a port where nobody listens', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  taken.close();
  await once(taken, 'close');
  const fault = await checkOf(urlOf({ port, credentials: `:${password}@` }));
  expect(fault).toMatchObject({
    code: 'redis_unreachable',
    message: `Redis at 127.0.0.1:${port} cannot be reached`,
    heals: true,
    setting: 'REDIS_URL',
    details: { cause: 'ECONNREFUSED' },
  });
});

test('a host that is not there', async () => {
  const fault = await checkOf(urlOf({ host: 'redis.invalid', credentials: `:${password}@` }));
  expect(fault).toMatchObject({ code: 'redis_unreachable', heals: true });
  expect(fault?.message).toContain('redis.invalid');
  expect(fault?.details['cause']).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
});

test('a port where something else listens', async () => {
  const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  expect(await checkOf(urlOf({ port, credentials: `:${password}@` }))).toMatchObject({ code: 'redis_unreachable' });
});
