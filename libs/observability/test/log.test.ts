import { Fault } from '@masque/fault';
import { expect, test } from 'vitest';
import { createLog, type LogFields } from '../src/log.ts';
import { type LogLevel, logLevels } from '../src/log-level.ts';

/** A log whose lines are kept; each is parsed, so each must be JSON on a line of its own. */
function setup(level: LogLevel = 'debug', base: LogFields = { stage: 'masker', replica: 'host-1' }) {
  const written: string[] = [];
  const log = createLog({ level, base, destination: { write: (chunk: string) => void written.push(chunk) } });
  return {
    log,
    written,
    lines: () =>
      written
        .join('')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

test('a line is JSON: level, time, where it comes from, the fields and the event', () => {
  const { log, lines, written } = setup();
  log.info('batch_masked', { batch: 'b-1', rows: 200, late: false, trace: undefined });
  const [line] = lines();
  expect(line).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    stage: 'masker',
    replica: 'host-1',
    batch: 'b-1',
    rows: 200,
    late: false,
    event: 'batch_masked',
  });
  expect(written[0]).toMatch(/\}\n$/);
});

test('text with line breaks and quotes stays on its line', () => {
  const { log, lines, written } = setup();
  log.warn('odd', { name: 'a "b"\nc\u2028' });
  expect(written.join('').match(/\n/g)).toHaveLength(1);
  expect(lines()[0]).toMatchObject({ name: 'a "b"\nc\u2028' });
});

test('no control character leaves as such, in a field’s value or name, and all of them can be read back', () => {
  const { log, lines, written } = setup();
  const codes = [...Array(0x20).keys(), ...Array.from({ length: 0x21 }, (_, at) => 0x7f + at), 0x2028, 0x2029];
  const hostile = `${String.fromCharCode(...codes)}","level":"error`;
  log.info('odd', { name: hostile, [`key ${hostile}`]: 1 });
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  expect(written.join('').trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
  expect(lines()).toEqual([expect.objectContaining({ level: 'info', name: hostile, [`key ${hostile}`]: 1 })]);
});

test.each(logLevels)('level %s keeps its own lines and those above', (level) => {
  const { log, lines } = setup(level);
  for (const each of logLevels) log[each]('said');
  expect(lines().map((line) => line['level'])).toEqual(logLevels.slice(logLevels.indexOf(level)));
});

test('a fault: its code, words and details; a warning when it heals, else an error', () => {
  const { log, lines } = setup();
  const details = { sqlState: '53300', table: 'user_logins' };
  log.fault('load_fault', new Fault('pg_busy', 'PostgreSQL is busy', { heals: true, details }), { batch: 'b-1' });
  log.fault('failed', new Fault('pg_refused', 'refused', { heals: false, setting: 'DATABASE_URL', advice: 'Look.' }));
  expect(lines()).toEqual([
    expect.objectContaining({
      level: 'warn',
      event: 'load_fault',
      code: 'pg_busy',
      message: 'PostgreSQL is busy',
      heals: true,
      sqlState: '53300',
      table: 'user_logins',
      batch: 'b-1',
    }),
    expect.objectContaining({ level: 'error', event: 'failed', setting: 'DATABASE_URL', advice: 'Look.' }),
  ]);
  // Neither the stack nor the class: they are no use to an operator.
  expect(lines()[0]).not.toHaveProperty('stack');
});

test('fields of `with` are on every line of that log only', () => {
  const { log, lines } = setup();
  log.with({ pipeline: 'user-logins' }).with({ queue: 'masked' }).info('one');
  log.info('two');
  expect(lines()[0]).toMatchObject({ pipeline: 'user-logins', queue: 'masked', stage: 'masker' });
  expect(lines()[1]).not.toHaveProperty('pipeline');
});

test.each(['body', 'bodies', 'record', 'row', 'value', 'receipt', 'password', 'secret', 'privateKey', 'detail'])(
  'a field named %s is withheld wherever it is given',
  (name) => {
    const field = { [name]: 'SENTINEL' };
    const { log, lines, written } = setup('debug', { stage: 'masker', ...field });
    log.info('in fields', field);
    log.with(field).info('in with');
    log.fault('in details', new Fault('c', 'm', { heals: false, details: field }));
    expect(lines().map((line) => line[name])).toEqual(['[withheld]', '[withheld]', '[withheld]']);
    expect(written.join('')).not.toContain('SENTINEL');
  },
);

test('only scalars are fields', () => {
  const { log } = setup('error');
  // @ts-expect-error a record could be anything
  log.info('x', { login: { ip: '192.0.2.1' } });
  // @ts-expect-error an error quotes what it was given
  log.info('x', { error: new Error('words') });
  // @ts-expect-error a fault has a method of its own
  log.info('x', { fault: new Fault('c', 'm', { heals: true }) });
  // @ts-expect-error a vendor's error is no fault
  expect(() => log.fault('x', new Error('words'))).toThrow(TypeError);
});
