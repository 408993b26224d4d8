import { Fault } from '@masque/fault';
import * as fc from 'fast-check';
import { expect, expectTypeOf, test } from 'vitest';
import { describeSettings, flag, integer, oneOf, readSettings, text, url } from '../src/settings.ts';
import { redisSettings, stageSettings } from '../src/stage-settings.ts';

const settings = {
  QUEUE: text({ doc: 'Queue to read.' }),
  REGION: text({ doc: 'Its region.', optional: true }),
  KEYS: text({ doc: 'Folder of keys.', fallback: 'keys' }),
  BATCH_MAX: integer({ doc: 'Messages a batch.', unit: 'messages', fallback: 200, min: 1, max: 1_000 }),
  LEVEL: oneOf({ doc: 'Least level.', choices: ['debug', 'info'], fallback: 'info' }),
  FAST: flag({ doc: 'Hurry.', fallback: false }),
  DB: url({ doc: 'Database.', schemes: ['postgres', 'postgresql'], fallback: 'postgres://localhost/masque' }),
  PROXY: url({ doc: 'Proxy.', schemes: ['https'], optional: true }),
};

type Env = Readonly<Record<string, string | undefined>>;

function faultOf(env: Env, check?: Parameters<typeof readSettings<typeof settings>>[2]): Fault {
  try {
    readSettings(settings, env, check);
  } catch (error) {
    if (error instanceof Fault) return error;
  }
  throw new Error('no fault was thrown');
}

test('what is unset has its default, or is undefined where it may be absent', () => {
  const read = readSettings(settings, { QUEUE: 'login-queue' });
  expect(read).toEqual({
    QUEUE: 'login-queue',
    REGION: undefined,
    KEYS: 'keys',
    BATCH_MAX: 200,
    LEVEL: 'info',
    FAST: false,
    DB: 'postgres://localhost/masque',
    PROXY: undefined,
  });
  expectTypeOf(read.QUEUE).toEqualTypeOf<string>();
  expectTypeOf(read.REGION).toEqualTypeOf<string | undefined>();
  expectTypeOf(read.BATCH_MAX).toEqualTypeOf<number>();
  expectTypeOf(read.LEVEL).toEqualTypeOf<'debug' | 'info'>();
});

test('what is set is read, without the spaces around it', () => {
  const env = {
    QUEUE: ' q ',
    REGION: 'eu',
    BATCH_MAX: ' 1000 ',
    LEVEL: 'debug',
    FAST: 'true',
    DB: 'postgresql://db/x',
  };
  expect(readSettings(settings, env)).toMatchObject({ ...env, QUEUE: 'q', BATCH_MAX: 1_000, FAST: true });
});

test.each(['', ' ', '\t\n'])('%j is unset: compose and Kubernetes pass on what nobody gave', (empty) => {
  const all = Object.fromEntries(Object.keys(settings).map((name) => [name, empty]));
  expect(readSettings(settings, { ...all, QUEUE: 'q' })).toEqual(readSettings(settings, { QUEUE: 'q' }));
  expect(faultOf(all).message).toContain('QUEUE is not set. Queue to read.');
});

test('every fault is told at once, with what the setting is for and what to do', () => {
  const fault = faultOf({ BATCH_MAX: '0', LEVEL: 'loud', FAST: 'yes', DB: 'mysql://db', PROXY: 'nowhere' });
  expect(fault).toMatchObject({ code: 'settings_invalid', heals: false });
  expect(fault.toLine()).toBe(
    [
      'settings are wrong:',
      '  - QUEUE is not set. Queue to read.',
      '  - BATCH_MAX is not a whole number from 1 to 1000. Messages a batch.',
      '  - LEVEL is not one of debug, info. Least level.',
      '  - FAST is neither true nor false. Hurry.',
      '  - DB is not a URL that begins with postgres:// or postgresql://. Database.',
      '  - PROXY is not a URL that begins with https://. Proxy.',
      'Run with --help for all settings, their units and defaults.',
    ].join('\n'),
  );
});

test('a wrong value is never repeated: it may be a secret in the wrong place', () => {
  const wrong = fc.string({ minLength: 1, maxLength: 20 }).map((text) => `SENTINEL${text}`);
  const property = fc.property(wrong, (value) => {
    const fault = faultOf({ QUEUE: 'q', BATCH_MAX: value, LEVEL: value, FAST: value, DB: value, PROXY: value });
    expect(`${fault.stack} ${JSON.stringify(fault)} ${fault.toLine()}`).not.toContain('SENTINEL');
    expect(fault.message.match(/^ {2}- /gm)).toHaveLength(5);
  });
  fc.assert(property, { numRuns: 50 });
});

function batchMaxOf(number: number): number | string {
  try {
    return readSettings(settings, { QUEUE: 'q', BATCH_MAX: String(number) }).BATCH_MAX;
  } catch (error) {
    return (error as Fault).code;
  }
}

test('a whole number within its bounds is read, anything else refused', () => {
  const property = fc.property(fc.integer({ min: -10, max: 1_010 }), (number) => {
    expect(batchMaxOf(number)).toBe(number >= 1 && number <= 1_000 ? number : 'settings_invalid');
  });
  fc.assert(property, { examples: [[0], [1], [1_000], [1_001]] });
});

test.each(['1.5', '1e2', '0x10', '+5', '-5', '1_000', '٣', '99999999999999999999', 'Infinity', '5 5'])(
  '%s is no whole number here',
  (value) => {
    expect(faultOf({ QUEUE: 'q', BATCH_MAX: value }).message).toContain('BATCH_MAX');
  },
);

test.each(['http://db/x', 'postgres', 'postgres:/x', '//db/x', 'POSTGRES://db/x'])(
  '%s is no URL of the database',
  (value) => {
    expect(faultOf({ QUEUE: 'q', DB: value }).message).toContain('DB is not a URL');
  },
);

function check(read: { readonly QUEUE: string; readonly BATCH_MAX: number }): string[] {
  return [
    ...(read.QUEUE.endsWith('.fifo') ? ['QUEUE is a FIFO queue.'] : []),
    ...(read.BATCH_MAX < 10 ? ['BATCH_MAX is less than a receive.'] : []),
  ];
}

test('faults across settings are told together, and only of settings that are right each', () => {
  const env = { QUEUE: 'q.fifo', BATCH_MAX: '5' };
  expect(faultOf(env, check).message).toContain('  - QUEUE is a FIFO queue.\n  - BATCH_MAX is less than a receive.\n');
  expect(faultOf({ ...env, LEVEL: 'loud' }, check).message).not.toContain('FIFO');
  expect(readSettings(settings, { QUEUE: 'q' }, check).QUEUE).toBe('q');
});

test('a default that its own setting would refuse is a defect, found when it is defined', () => {
  expect(() => integer({ doc: 'x', fallback: 0, min: 1, max: 2 })).toThrow(TypeError);
  expect(() => url({ doc: 'x', schemes: ['redis'], fallback: 'localhost' })).toThrow(TypeError);
  // @ts-expect-error a default is one of the choices
  expect(() => oneOf({ doc: 'x', choices: ['a', 'b'], fallback: 'c' })).toThrow(TypeError);
});

test('settings describe themselves', () => {
  expect(describeSettings(settings).slice(0, 4)).toEqual([
    { name: 'QUEUE', doc: 'Queue to read.', unit: '', fallback: '', need: 'required' },
    { name: 'REGION', doc: 'Its region.', unit: '', fallback: '', need: 'optional' },
    { name: 'KEYS', doc: 'Folder of keys.', unit: '', fallback: 'keys', need: 'optional' },
    { name: 'BATCH_MAX', doc: 'Messages a batch.', unit: 'messages', fallback: '200', need: 'optional' },
  ]);
});

test('every stage starts without a setting of its own, and listens to this machine only', () => {
  const read = readSettings({ ...stageSettings, ...redisSettings }, {});
  expect(read).toMatchObject({ HTTP_HOST: '127.0.0.1', HTTP_PORT: 0, LOG_LEVEL: 'info', SHUTDOWN_GRACE_S: 25 });
});
