import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { startTlsFronts, type TlsFront, type TlsFronts, uniqueName } from '@masque/local-stack/testing';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { createJobQueue } from '../src/index.ts';
import { aLetter, letters } from './letters.ts';
import { ownUsers, password } from './own-user.ts';

const { redisUrl } = inject('stack');
const before = getCACertificates('default');
let fronts: TlsFronts;

beforeAll(async () => {
  fronts = await startTlsFronts({ port: Number(new URL(redisUrl).port) });
  // What NODE_EXTRA_CA_CERTS does to a process that starts.
  setDefaultCACertificates([...before, fronts.authority.certificate]);
});

afterAll(async () => {
  setDefaultCACertificates(before);
  await fronts[Symbol.asyncDispose]();
});

const over = (url: string, front: TlsFront): string => {
  const secure = new URL(url.replace(/^redis:/, 'rediss:'));
  secure.hostname = 'localhost';
  secure.port = String(front.port);
  return secure.href;
};

test('rediss:// with a user and password reaches Redis, and nothing of it goes in clear', async () => {
  const users = ownUsers(redisUrl);
  const url = over(await users.create({ works: ['letters'], presence: 'announces' }), fronts.good);
  const queue = createJobQueue({
    url,
    prefix: users.prefix,
    name: 'tls',
    onFault: (fault) => expect.fail(fault.toLine()),
  });
  onTestFinished(() => queue.close());
  await queue.check();
  const read = Promise.withResolvers<string>();
  const consumer = queue.consumer(letters, 'post', {
    concurrency: 1,
    async handle({ batch }) {
      read.resolve(batch.text);
      return 'done';
    },
  });
  await consumer.start();
  onTestFinished(
    async () => void (await consumer.stop({ kindUntil: Date.now() + 2_000, forceAt: Date.now() + 3_000 })),
  );
  await queue.publisher(letters, 'post').publish(aLetter({ text: 'SENTINEL' }));
  expect(await read.promise).toBe('SENTINEL');

  const wire = fronts.good.heard().toString('latin1');
  expect(wire.length).toBeGreaterThan(500);
  for (const secret of [password, encodeURIComponent(password), 'SENTINEL', 'HELLO', 'AUTH'])
    expect(wire).not.toContain(secret);
});

test.each([
  [
    'of another authority',
    'stranger',
    'SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER',
  ],
  ['of another host', 'wrongHost', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['that has expired', 'expired', 'CERT_HAS_EXPIRED'],
] as const)('a certificate %s is one clear fault, and nothing is sent', async (_, which, cause) => {
  const url = over(redisUrl, fronts[which]).replace('rediss://', `rediss://user:${encodeURIComponent(password)}@`);
  const faults: string[] = [];
  const queue = createJobQueue({
    url,
    prefix: uniqueName('tls'),
    name: 'tls',
    onFault: ({ code }) => faults.push(code),
  });
  onTestFinished(() => queue.close());
  const fault = await queue.check().then(
    () => expect.fail('it trusted the certificate'),
    (thrown: unknown) => thrown,
  );
  expect(fault).toMatchObject({
    code: 'redis_tls',
    heals: false,
    setting: 'REDIS_URL',
    advice: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    details: { cause: expect.stringMatching(cause) },
  });
  expect(JSON.stringify(fault)).not.toContain(password);
  expect(fronts[which].heard().toString('latin1')).not.toContain(password);
  expect(fronts[which].passed).toBe(0);
  expect(new Set(faults).difference(new Set(['redis_tls']))).toEqual(new Set());
});

test('rediss:// to a Redis without TLS says so', async () => {
  const queue = createJobQueue({ url: redisUrl.replace('redis:', 'rediss:'), name: 'tls', onFault: () => {} });
  onTestFinished(() => queue.close());
  await expect(queue.check()).rejects.toMatchObject({
    setting: 'REDIS_URL',
    code: expect.stringMatching(/^redis_(tls|unreachable)$/),
  });
});
