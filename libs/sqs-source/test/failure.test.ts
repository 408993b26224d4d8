import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { connectionOf } from '../src/connection.ts';
import type { Failure } from '../src/failure-kind.ts';
import { faultOf } from '../src/failure.ts';
import { isFinal } from '../src/settle.ts';

const options = { queueName: 'logins', region: 'eu-west-1', visibilityTimeoutS: 60, waitS: 5 };
const aws = connectionOf(options, {});
const awsWithKeys = connectionOf(options, { AWS_ACCESS_KEY_ID: 'AKIA' });
const emulator = connectionOf({ ...options, endpoint: 'http://localhost:4566' }, {});

const failed = (failure: Partial<Failure>): Failure => ({ action: 'ReceiveMessage', name: 'Error', ...failure });

describe('what cannot be provoked on this machine', () => {
  test.each<[string, boolean, Partial<Failure>]>([
    ['sqs_unreachable', true, { errno: 'EHOSTUNREACH' }],
    ['sqs_unreachable', true, { errno: 'EAI_AGAIN' }],
    ['sqs_unreachable', true, { errno: 'EPIPE', name: 'TimeoutError' }],
    ['sqs_untrusted', false, { errno: 'SELF_SIGNED_CERT_IN_CHAIN' }],
    ['sqs_untrusted', false, { errno: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }],
    ['sqs_untrusted', false, { errno: 'CERT_HAS_EXPIRED' }],
    ['sqs_untrusted', false, { errno: 'ERR_TLS_CERT_ALTNAME_INVALID' }],
    ['credentials_missing', false, { name: 'CredentialsProviderError', text: 'secret' }],
    ['region_missing', false, { text: 'Region is missing' }],
    ['queue_missing', false, { name: 'AWS.SimpleQueueService.NonExistentQueue', status: 400 }],
    ['access_denied', false, { name: 'Unknown', status: 403 }],
    ['sqs_failed', true, {}],
  ])('is %s, heals %s: %o', (code, heals, failure) => {
    expect(faultOf(aws, failed(failure))).toMatchObject({ code, heals });
  });
});

test('an expired token heals when the SDK can get a new one, not when it came from the environment', () => {
  const failure = failed({ name: 'ExpiredTokenException', status: 403 });
  expect(faultOf(aws, failure)).toMatchObject({ code: 'credentials_expired', heals: true, setting: undefined });
  expect(faultOf(awsWithKeys, failure)).toMatchObject({ heals: false, setting: 'AWS_SESSION_TOKEN' });
});

test('XML is a wrong protocol from an emulator and an outage from AWS', () => {
  const failure = failed({
    name: 'SyntaxError',
    status: 500,
    text: `Unexpected token '<', "<?xml vers"... is not valid`,
  });
  expect(faultOf(emulator, failure)).toMatchObject({ code: 'sqs_protocol', heals: false, setting: 'SQS_PROTOCOL' });
  expect(faultOf(aws, failure)).toMatchObject({ code: 'sqs_failed', heals: true });
});

test('a place that cannot be reached is said to come from the setting that it comes from', () => {
  const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/logins';
  const { queueName: _, ...nameless } = options;
  const byUrl = connectionOf({ ...nameless, queueUrl }, {});
  for (const [connection, setting] of [
    [aws, 'AWS_REGION'],
    [byUrl, 'SQS_QUEUE_URL'],
    [emulator, 'AWS_ENDPOINT_URL_SQS'],
  ] as const) {
    expect(faultOf(connection, failed({ errno: 'ENOTFOUND' }))).toMatchObject({ code: 'sqs_unreachable', setting });
  }
});

test('advice names the right that is missing', () => {
  const fault = faultOf(aws, failed({ action: 'DeleteMessageBatch', name: 'AccessDenied', status: 403 }));
  expect(fault.message).toBe('SQS does not allow DeleteMessageBatch on the queue logins');
  expect(fault.advice).toContain('sqs:DeleteMessage to');
});

test('whatever an endpoint answers, none of it but a plain name gets into the fault', () => {
  const text = fc.string({ unit: 'binary' }).map((inner) => `<${inner}>`);
  const status = fc.option(fc.integer({ min: 200, max: 599 }), { nil: undefined });
  fc.assert(
    fc.property(text, text, text, status, (name, errno, said, code) => {
      const fault = faultOf(aws, failed({ name, errno, text: said, status: code }));
      const shown = JSON.stringify([fault, fault.toLine(), fault.stack]);
      for (const word of [name, errno, said]) expect(shown).not.toContain(JSON.stringify(word).slice(1, -1));
    }),
  );
});

test.each([
  ['ReceiptHandleIsInvalid', true, true],
  ['InvalidParameterValue', true, true],
  ['InternalError', false, false],
  ['RequestThrottled', true, false],
  ['KmsThrottled', true, false],
  ['SomethingNew', false, false],
])('an entry that failed with %s, sender’s fault %s, is final: %s', (code, senderFault, final) => {
  expect(isFinal(code, senderFault)).toBe(final);
});
