import { Fault } from '@masque/fault';
import { expect, test } from 'vitest';
import { redisFault } from '../src/redis-fault.ts';

const url = 'rediss://user:SENTINEL-password@cache.example.com:6380/2';
const shown = (fault: Fault): string =>
  `${fault.stack} ${JSON.stringify(fault)} ${fault.toLine()} ${String(fault.cause)}`;

/** As Redis, ioredis and BullMQ word them, each with something of a command's arguments. */
test.each<[string, string, boolean, object]>([
  ['WRONGPASS invalid username-password pair or user is disabled.', 'redis_refused', false, { reply: 'WRONGPASS' }],
  ['NOAUTH Authentication required.', 'redis_refused', false, { reply: 'NOAUTH' }],
  ["NOPERM this user has no permissions to run the 'evalsha' command", 'redis_refused', false, { reply: 'NOPERM' }],
  [
    'ERR AUTH <password> called without any password configured for the default user. Are you sure?',
    'redis_refused',
    false,
    { reply: 'ERR' },
  ],
  ['ERR DB index is out of range', 'redis_refused', false, {}],
  ["OOM command not allowed when used memory > 'maxmemory'. script: SENTINEL", 'redis_full', true, {}],
  [
    'ERR Error running script (call to f_SENTINEL): @user_script:31: @user_script: 31: -OOM command not allowed when …',
    'redis_full',
    true,
    {},
  ],
  ['LOADING Redis is loading the dataset in memory', 'redis_loading', true, { reply: 'LOADING' }],
  ["READONLY You can't write against a read only replica.", 'redis_loading', true, { reply: 'READONLY' }],
  ['WRONGTYPE Operation against a key SENTINEL', 'redis_failed', true, { reply: 'WRONGTYPE' }],
  ["ERR unknown command 'SENTINEL', with args beginning with: 'SENTINEL'", 'redis_failed', true, { reply: 'ERR' }],
  ['Missing key for job SENTINEL. moveToFinished', 'job_lost', true, { why: 'gone' }],
  ['Missing lock for job SENTINEL. moveToFinished', 'job_lost', true, { why: 'taken' }],
  ['Lock mismatch for job SENTINEL. Cmd moveToFinished from active', 'job_lost', true, { why: 'taken' }],
  ['Connection is closed.', 'redis_unreachable', true, { cause: 'connection_closed' }],
  ['Command timed out', 'redis_unreachable', true, { cause: 'command_timeout' }],
  ["Stream isn't writeable and enableOfflineQueue options is false", 'redis_unreachable', true, { cause: 'offline' }],
  ['something SENTINEL that nobody has seen yet', 'redis_unreachable', true, { cause: 'connection_closed' }],
])('%s', (message, code, heals, details) => {
  const fault = redisFault(new Error(message), url);
  expect(fault).toMatchObject({ code, heals, details });
  expect(shown(fault)).not.toContain('SENTINEL');
});

test('a system error is told by its code, with the address and without the credentials', () => {
  const error = Object.assign(new Error('connect ECONNREFUSED SENTINEL'), { code: 'ECONNREFUSED' });
  const fault = redisFault(error, url);
  expect(fault.toLine()).toBe(
    'Redis at cache.example.com:6380 cannot be reached (REDIS_URL). Check host and port, and that Redis is running.',
  );
  expect(fault.details).toEqual({ cause: 'ECONNREFUSED' });
});

test('a URL without a port means 6379, and one that cannot be read is not repeated', () => {
  expect(redisFault(new Error('x'), 'redis://[::1]').message).toContain('[::1]:6379');
  expect(redisFault(new Error('x'), 'SENTINEL').message).toBe('Redis at an unreadable URL cannot be reached');
});

test.each([undefined, null, 'SENTINEL', 7, {}])('what is no error at all (%j) is a fault too', (thrown) => {
  expect(shown(redisFault(thrown, url))).not.toContain('SENTINEL');
});

test('a fault stays what it is', () => {
  const fault = new Fault('internal', 'unexpected TypeError', { heals: false });
  expect(redisFault(fault, url)).toBe(fault);
});
