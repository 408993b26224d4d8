import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { startTlsFronts, type TlsFront, type TlsFronts } from '@masque/local-stack/testing';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createSqsSource } from '../src/index.ts';
import { createTestQueue, sqsEndpoint } from './test-queue.ts';

const before = getCACertificates('default');
let fronts: TlsFronts;

beforeAll(async () => {
  fronts = await startTlsFronts({ port: Number(new URL(sqsEndpoint()).port) });
  // What NODE_EXTRA_CA_CERTS does to a process that starts.
  setDefaultCACertificates([...before, fronts.authority.certificate]);
});

afterAll(async () => {
  setDefaultCACertificates(before);
  await fronts[Symbol.asyncDispose]();
});

describe.each(['lean', 'sdk'] as const)('transport %s', (transport) => {
  async function open(front: TlsFront) {
    const queue = await createTestQueue();
    const endpoint = `https://localhost:${front.port}`;
    const source = createSqsSource({ queueUrl: queue.url, endpoint, transport, visibilityTimeoutS: 30, waitS: 0 });
    onTestFinished(() => source.close());
    return source;
  }

  test('https reaches SQS, and nothing goes in clear', async () => {
    const source = await open(fronts.good);
    await source.send(['SENTINEL']);
    const [message] = await source.receive();
    expect(message?.body).toBe('SENTINEL');
    expect(await source.delete([message?.receipt ?? ''])).toEqual([]);
    const wire = fronts.good.heard().toString('latin1');
    expect(wire.length).toBeGreaterThan(500);
    for (const secret of ['SENTINEL', 'AmazonSQS', 'Credential=', 'HTTP/1.1']) expect(wire).not.toContain(secret);
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
    const source = await open(fronts[which]);
    for (const call of [() => source.resolve(), () => source.receive()]) {
      await expect(call()).rejects.toMatchObject({
        code: 'sqs_untrusted',
        heals: false,
        setting: 'AWS_ENDPOINT_URL_SQS',
        message: expect.stringMatching(cause),
        advice: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
      });
    }
    expect(fronts[which].passed).toBe(0);
  });
});
