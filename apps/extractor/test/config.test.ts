import { readSettings } from '@masque/stage';
import { expect, test } from 'vitest';
import { checkSettings, settings } from '../src/config.ts';

const required = { REDIS_URL: 'redis://127.0.0.1:6379' };

function faultOf(env: Record<string, string>): string {
  try {
    readSettings(settings, { ...required, ...env }, checkSettings);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

test('the defaults go together', () => {
  expect(readSettings(settings, required, checkSettings)).toMatchObject({
    BATCH_MAX: 400,
    BATCH_LINGER_MS: 25,
    SQS_VISIBILITY_TIMEOUT_S: 60,
    SQS_WAIT_S: 5,
    SHUTDOWN_GRACE_S: 25,
  });
});

test('a shutdown must outlast a long poll, by more than nothing', () => {
  expect(faultOf({ SHUTDOWN_GRACE_S: '20', SQS_WAIT_S: '14' })).toBe('');
  expect(faultOf({ SHUTDOWN_GRACE_S: '20', SQS_WAIT_S: '15' })).toContain('SHUTDOWN_GRACE_S (20) leaves no time');
  expect(faultOf({ SHUTDOWN_GRACE_S: '20', SQS_WAIT_S: '20' })).toContain('SQS_WAIT_S (20)');
});

test('a batch must not linger until its messages are visible again', () => {
  expect(faultOf({ SQS_VISIBILITY_TIMEOUT_S: '2', BATCH_LINGER_MS: '1999' })).toBe('');
  expect(faultOf({ SQS_VISIBILITY_TIMEOUT_S: '2', BATCH_LINGER_MS: '2000' })).toContain('BATCH_LINGER_MS');
});

test('all faults are told at once', () => {
  const fault = faultOf({
    SQS_WAIT_S: '20',
    SHUTDOWN_GRACE_S: '1',
    SQS_VISIBILITY_TIMEOUT_S: '2',
    BATCH_LINGER_MS: '5000',
  });
  expect(fault).toContain('SHUTDOWN_GRACE_S');
  expect(fault).toContain('BATCH_LINGER_MS');
});
