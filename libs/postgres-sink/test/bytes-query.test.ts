import * as fc from 'fast-check';
import { serialize } from 'pg-protocol/dist/serializer.js';
import { expect, test } from 'vitest';
import { bindMessage } from '../src/bytes-query.ts';

const value = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(null, undefined, '', 'a\uD800', 0, -1.5, 1e21, true, false),
);
const name = fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom('a', '_', 'ü') });

/** What pg does to a parameter before it writes it. */
const mapped = (each: Buffer | string | number | boolean | null | undefined) =>
  each === null || each === undefined || each instanceof Buffer ? each : String(each);

test('the message is pg’s own, byte for byte', () => {
  const property = fc.property(name, fc.array(value, { maxLength: 12 }), (statement, values) => {
    const own = serialize.bind({ portal: '', statement, values: values.map(mapped) });
    expect(Buffer.concat(bindMessage('', statement, values))).toEqual(own);
  });
  fc.assert(property, { numRuns: 300 });
});

test('bytes are in it as they were given, and not copied', () => {
  const bytes = Buffer.from('bytes');
  expect(bindMessage('', 's', ['a', bytes]).includes(bytes)).toBe(true);
});
