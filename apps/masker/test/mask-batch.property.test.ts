import { reasonCodes } from '@masque/pipeline';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MaskedColumns } from '../src/mask-batch.ts';
import { aLogin, aMasker, maskBodies, pipeline } from './login.ts';

const mask = maskBodies(pipeline, await aMasker());
const fields = Object.keys(pipeline.record.shape);

/** In every value of a masked field below, and nowhere else; letters that no base64url token has side by side with a dot. */
const sentinel = 'S3NT1N3L.';

/** Anything JSON, with odd texts and names that mean something elsewhere. */
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }),
  fc.constantFrom('__proto__', 'constructor', '\0', '\ud800', '1.0', '198.51.100.7', '', 'x'.repeat(200)),
);
const marked = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => sentinel + text),
  fc.tuple(fc.constantFrom('2001:db8::', '198.51.100.'), fc.nat(255)).map(([net, host]) => `${net}${host}%${sentinel}`),
  fc.array(fc.constant(sentinel), { maxLength: 2 }),
  fc.record({ value: fc.constant(sentinel) }),
);
const plain = anything.filter((value) => !JSON.stringify(value).includes(sentinel));

const structured = fc
  .record(
    {
      user_id: plain,
      app_version: plain,
      device_type: plain,
      locale: plain,
      extra: plain,
      ip: marked,
      device_id: marked,
    },
    { requiredKeys: [] },
  )
  .map((changes) => JSON.stringify(aLogin({ device_id: sentinel, ...changes })));

/** A login's text with a few bytes changed, taken out or put in. */
const mutated = fc
  .tuple(structured, fc.array(fc.tuple(fc.nat(400), fc.nat(255), fc.nat(2)), { minLength: 1, maxLength: 4 }))
  .map(([text, changes]) => {
    const bytes = [...Buffer.from(text)];
    for (const [at, byte, way] of changes)
      bytes.splice(at % bytes.length, way === 0 ? 0 : 1, ...(way === 1 ? [] : [byte]));
    return Buffer.from(bytes);
  });

const random = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes));
const body = fc.oneof(structured, mutated, random, fc.json());

/** What must hold of every result, whatever went in. */
function expectWhole(result: MaskedColumns, count: number): void {
  const places = [...result.rows, ...result.rejects.map(({ at }) => at)].sort((a, b) => a - b);
  expect(places).toEqual(Array.from({ length: count }, (_, at) => at));
  expect([...result.rows].sort((a, b) => a - b)).toEqual(result.rows);
  for (const cells of Object.values(result.columns)) expect(cells).toHaveLength(result.rows.length);
  for (const name of ['masked_ip', 'masked_device_id']) {
    for (const cell of result.columns[name] ?? ['none']) expect(cell).toMatch(/^rsa1\.[a-z2-7]{6}\.[\w-]{512}$/);
  }
  for (const reject of result.rejects) {
    expect(Object.keys(reasonCodes)).toContain(reject.reason);
    expect(fields).toEqual(expect.arrayContaining([...reject.fields]));
  }
}

test('every body ends in exactly one place, and never in a throw', () => {
  fc.assert(
    fc.property(fc.array(body, { maxLength: 5 }), (bodies) => {
      expectWhole(mask(...bodies), bodies.length);
    }),
    { numRuns: 400 },
  );
});

test('no value of a masked field survives, in clear or spelled otherwise', () => {
  fc.assert(
    fc.property(fc.array(structured, { minLength: 1, maxLength: 5 }), (bodies) => {
      const result = JSON.stringify(mask(...bodies));
      for (const spelling of [
        sentinel,
        Buffer.from(sentinel).toString('base64url'),
        Buffer.from(sentinel).toString('hex'),
      ]) {
        expect(result).not.toContain(spelling);
      }
    }),
    { numRuns: 300 },
  );
});

test('a body’s neighbours change nothing of its row', () => {
  const good = JSON.stringify(aLogin({ ip: '203.0.113.9' }));
  const alone = mask(good).columns;
  fc.assert(
    fc.property(fc.array(body, { maxLength: 3 }), fc.array(body, { maxLength: 3 }), (before, after) => {
      const { rows, columns } = mask(...before, good, ...after);
      const place = rows.indexOf(before.length);
      for (const [name, [cell]] of Object.entries(alone)) expect(columns[name]?.[place]).toEqual(cell);
    }),
    { numRuns: 200 },
  );
});

const meaning = (text: string): string => ({ '0:0::1': '::1', '::ffff:1.1.1.1': '1.1.1.1' })[text] ?? text.trim();

test('equal values, and only equal values, have equal tokens', () => {
  const value = fc.constantFrom('1.1.1.1', '1.1.1.2', '::1', '0:0::1', '::ffff:1.1.1.1', ' 1.1.1.2');
  fc.assert(
    fc.property(value, value, (a, b) => {
      const [one, other] = mask(aLogin({ ip: a }), aLogin({ ip: b })).columns['masked_ip'] ?? [];
      expect(one === other).toBe(meaning(a) === meaning(b));
    }),
  );
});
