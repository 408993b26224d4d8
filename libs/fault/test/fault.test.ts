import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fault, toFault } from '../src/fault.ts';

const sentinel = 'SENTINEL-4711';

/** Everything that a logger, a supervisor or a debugger could show of an error. */
function shown(fault: Fault): string {
  const hidden = inspect(fault, { depth: Infinity, showHidden: true });
  return [fault.message, fault.stack, String(fault.cause), JSON.stringify(fault), fault.toLine(), hidden].join('\n');
}

/** As vendors make them: the value in the message, in fields of their own, in a cause. */
class VendorError extends Error {
  readonly detail = `Failing row contains (${sentinel})`;
  readonly parameters = [sentinel];
}

test.each<[string, unknown, string]>([
  ['an error', new Error(`bad value ${sentinel}`), 'Error'],
  ['a vendor’s error', new VendorError(sentinel, { cause: new Error(sentinel) }), 'VendorError'],
  ['a string', sentinel, 'string'],
  ['an object', { message: sentinel, toString: () => sentinel }, 'object'],
  ['an object without a prototype', Object.assign(Object.create(null), { message: sentinel }), 'object'],
  ['nothing', undefined, 'undefined'],
  [
    'an error that lost its constructor',
    Object.setPrototypeOf(new Error(sentinel), Object.create(Error.prototype)),
    'Error',
  ],
  ['an error whose constructor says it', Object.assign(new Error('x'), { constructor: { name: sentinel } }), 'Error'],
])('nothing of %s is kept but its kind', (_, thrown, kind) => {
  const fault = toFault(thrown);
  expect(fault).toMatchObject({ code: 'internal', heals: false, message: `unexpected ${kind}` });
  expect(shown(fault)).not.toContain(sentinel);
});

test('V8 quotes the text that it cannot parse; the fault does not', () => {
  let thrown: unknown;
  try {
    JSON.parse(`{"ip": ${sentinel}}`);
  } catch (error) {
    thrown = error;
  }
  expect(String(thrown)).toContain('SENTINEL');
  expect(shown(toFault(thrown))).not.toContain('SENTINEL');
  // The topmost frame is `JSON.parse (<anonymous>)`, which helps nobody.
  expect(toFault(thrown).details['at']).toMatch(/^fault\.test\.ts:/);
});

test('where it was thrown is told, by file and line', () => {
  expect(toFault(new TypeError('x')).details['at']).toMatch(/^fault\.test\.ts:\d+:\d+$/);
});

test('a message that looks like a stack is not taken for one', () => {
  const property = fc.property(fc.string(), (text) => {
    const fault = toFault(new Error(`${text}\n    at ${sentinel}.js:1:2\n    at f (${sentinel}.ts:3:4)`));
    expect(shown(fault)).not.toContain(sentinel);
  });
  fc.assert(property, { numRuns: 50 });
});

test('a fault is handed on as it is', () => {
  const fault = new Fault('redis_full', 'Redis is full', { heals: true });
  expect(toFault(fault)).toBe(fault);
});

test('a line says what, where to look and what to do', () => {
  const options = { heals: false, setting: 'REDIS_URL', advice: 'Check the port.' };
  expect(new Fault('c', 'cannot connect', options).toLine()).toBe('cannot connect (REDIS_URL). Check the port.');
  expect(new Fault('c', 'cannot connect', { heals: true }).toLine()).toBe('cannot connect.');
  expect(new Fault('c', 'wrong:\n  - this.\n', options).toLine()).toBe('wrong:\n  - this.\nCheck the port.');
});

test('as JSON it has its details beside its own fields, and these stay its own', () => {
  const details = { queue: 'user-logins.masked', attempts: 3, code: 'other', message: 'other', heals: true };
  const fault = new Fault('redis_full', 'Redis is full', { heals: false, setting: 'REDIS_URL', details });
  expect(fault.toJSON()).toEqual({
    code: 'redis_full',
    message: 'Redis is full',
    heals: false,
    setting: 'REDIS_URL',
    queue: 'user-logins.masked',
    attempts: 3,
  });
});

test('a fault may be the cause of a fault, and nothing else may', () => {
  const cause = new Fault('inner', 'inner', { heals: true });
  expect(new Fault('outer', 'outer', { heals: true, cause }).cause).toBe(cause);
  expect(new Fault('outer', 'outer', { heals: true })).not.toHaveProperty('cause');
  // @ts-expect-error a vendor's error would bring its words along
  expect(new Fault('outer', 'outer', { heals: true, cause: new Error('words') })).toBeInstanceOf(Fault);
});

test('a line for a person carries no control character to the terminal but its own line breaks', () => {
  const hostile = 'a\u001b[2Jb\u009b31mc\rd\u0007e\u2028f';
  const message = `the table ${hostile} does not fit:\n  - ${hostile}\n`;
  const harmless = 'a�[2Jb�31mc�d�e�f';
  expect(new Fault('c', message, { heals: false, advice: hostile }).toLine()).toBe(
    `the table ${harmless} does not fit:\n  - ${harmless}\n${harmless}`,
  );
});
