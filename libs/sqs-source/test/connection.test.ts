import { Fault } from '@masque/fault';
import { describe, expect, test } from 'vitest';
import { type Connection, connectionOf, type SqsSourceOptions } from '../src/connection.ts';

const awsUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/logins';

function connect(options: Partial<SqsSourceOptions>, env: Record<string, string> = {}): Connection {
  return connectionOf({ visibilityTimeoutS: 60, waitS: 5, ...options }, env);
}

describe('emulators', () => {
  test.each([
    ['http://localhost:4566', true],
    ['http://127.0.0.1:4566', true],
    ['http://127.8.0.1:4566', true],
    ['http://[::1]:4566', true],
    ['http://sqs.us-east-1.localhost:4566', true],
    ['https://localhost:4566', true],
    ['http://sqs:4566', true],
    ['https://sqs.internal.example', false],
    ['https://sqs.eu-west-1.amazonaws.com', false],
    ['http://sqs.eu-west-1.amazonaws.com', false],
    ['https://vpce-0a.sqs.eu-west-1.vpce.amazonaws.com', false],
    ['https://sqs.cn-north-1.amazonaws.com.cn', false],
    ['https://sqs.eu-west-1.api.aws', false],
    ['https://localhost.example.com', false],
  ])('%s: %s', (endpoint, emulator) => {
    const connection = connect({ queueName: 'logins', endpoint });
    expect(connection.emulator).toBe(emulator);
    expect(connection.credentials !== undefined).toBe(emulator);
  });

  test.each([
    'AWS_ACCESS_KEY_ID',
    'AWS_PROFILE',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ])('credentials set on purpose are used for an emulator too: %s', (name) => {
    const options = { queueName: 'logins', endpoint: 'http://localhost:4566' };
    expect(connect(options, { [name]: 'x' }).credentials).toBeUndefined();
    expect(connect(options, { [name]: '' }).credentials).toBeDefined();
  });
});

describe('the region', () => {
  test.each<[string, string | undefined, Partial<SqsSourceOptions>, Record<string, string>]>([
    ['the setting', 'eu-north-1', { queueName: 'logins', region: 'eu-north-1' }, {}],
    ['the SDK’s chain', undefined, { queueName: 'logins' }, { AWS_REGION: 'eu-north-1' }],
    ['AWS’s queue URL', 'eu-west-1', { queueUrl: awsUrl }, {}],
    ['AWS’s queue URL against the setting', 'eu-west-1', { queueUrl: awsUrl, region: 'us-east-1' }, {}],
    [
      'AWS’s endpoint',
      'us-gov-east-1',
      { queueName: 'q', endpoint: 'https://sqs-fips.us-gov-east-1.amazonaws.com' },
      {},
    ],
    [
      'an endpoint of a VPC',
      'eu-west-1',
      { queueName: 'q', endpoint: 'https://vpce-0.sqs.eu-west-1.vpce.amazonaws.com' },
      {},
    ],
    [
      'an emulator: the setting',
      'eu-west-1',
      { queueName: 'q', endpoint: 'http://localhost:1', region: 'eu-west-1' },
      {},
    ],
    [
      'an emulator: the environment',
      'eu-west-3',
      { queueName: 'q', endpoint: 'http://localhost:1' },
      { AWS_REGION: 'eu-west-3' },
    ],
    ['an emulator: its URL', 'eu-west-2', { queueUrl: 'http://sqs.eu-west-2.localhost:1/000000000000/q' }, {}],
    ['an emulator: any', 'us-east-1', { queueName: 'q', endpoint: 'http://localhost:1' }, {}],
  ])('is of %s', (_, region, options, env) => {
    expect(connect(options, env).region).toBe(region);
  });
});

test('without an endpoint the queue URL’s host is called; its path is not part of the endpoint', () => {
  expect(connect({ queueUrl: awsUrl })).toMatchObject({
    endpoint: 'https://sqs.eu-west-1.amazonaws.com',
    queueUrl: awsUrl,
    queueName: 'logins',
    queueSetting: 'SQS_QUEUE_URL',
    place: 'sqs.eu-west-1.amazonaws.com:443',
    protocol: 'json',
  });
  const named = connect({ queueName: 'logins', region: 'eu-west-1' });
  expect(named).toMatchObject({ endpoint: undefined, queueUrl: undefined, place: 'sqs.eu-west-1.amazonaws.com' });
});

test('an endpoint outranks the queue URL’s host', () => {
  const connection = connect({
    queueUrl: 'http://sqs.us-east-1.localhost:4566/000000000000/q',
    endpoint: 'http://sqs:4566/',
  });
  expect(connection).toMatchObject({ endpoint: 'http://sqs:4566/', place: 'sqs:4566', queueName: 'q' });
});

test.each<[string, Partial<SqsSourceOptions>]>([
  ['SQS_QUEUE_URL', {}],
  ['SQS_QUEUE_URL', { queueUrl: awsUrl, queueName: 'logins' }],
  ['SQS_QUEUE_URL', { queueUrl: 'logins' }],
  ['SQS_QUEUE_URL', { queueUrl: 'ftp://sqs/1/logins' }],
  ['SQS_QUEUE_URL', { queueUrl: 'https://sqs.eu-west-1.amazonaws.com' }],
  ['SQS_QUEUE_URL', { queueUrl: 'https://secret:secret@sqs.eu-west-1.amazonaws.com/1/logins' }],
  ['SQS_QUEUE_NAME', { queueName: 'log ins' }],
  ['SQS_QUEUE_NAME', { queueName: '' }],
  ['AWS_ENDPOINT_URL_SQS', { queueName: 'logins', endpoint: 'localhost:4566' }],
  ['AWS_ENDPOINT_URL_SQS', { queueName: 'logins', endpoint: 'http://secret:secret@localhost' }],
])('a wrong %s is a fault that repeats no value: %o', (setting, options) => {
  const fault = thrownBy(() => connect(options));
  expect(fault).toMatchObject({ code: 'sqs_setting_invalid', heals: false, setting });
  expect(fault.message).not.toContain('secret');
});

function thrownBy(action: () => unknown): Fault {
  try {
    action();
  } catch (error) {
    if (error instanceof Fault) return error;
  }
  throw new Error('no fault was thrown');
}
