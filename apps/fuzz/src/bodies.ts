import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { oddities } from './oddities.ts';
import { secrets } from './secrets.ts';

/** A text as SQS hands it over, or bytes that no SQS would; what a good one says must stand in its row. */
export interface Body {
  readonly body: string | Buffer;
  readonly good?: Good;
}

export interface Good {
  readonly user_id: string;
  readonly locale: string | null;
  readonly note: string;
}

/** So many bodies, the same for the same seed and place. */
export function bodiesOf(seed: string, batch: number, count: number): Body[] {
  const numeric = createHash('sha256').update(`${seed}/${batch}`).digest().readInt32LE();
  return fc.sample(anyBody, { seed: numeric, numRuns: count });
}

const secretText = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => secrets.text + text);
const host = fc.integer({ min: 1, max: 255 });
const secretAddress = fc.oneof(
  host.map((last) => `${secrets.address}${last}`),
  host.map((last) => `${secrets.address6}${last.toString(16)}`),
  host.map((last) => `::ffff:${secrets.address}${last}`),
  host.map((last) => ` ${secrets.address6.toUpperCase()}${last.toString(16)}%eth0 `),
);
const secretCard = fc.nat(999).map((end) => `${secrets.digits.slice(0, 4)}-${secrets.digits.slice(4)}${end}`);

const odd = fc.constantFrom<unknown>(...oddities);
const anything = fc.oneof(odd, fc.jsonValue({ maxDepth: 2, stringUnit: 'binary' }));

const mostly = (usual: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 40, arbitrary: usual }, { weight: 1, arbitrary: anything });
const maskedOr = (secret: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 40, arbitrary: secret },
    // Of another type, too long for any method, or in a form that is no address.
    {
      weight: 1,
      arbitrary: fc.constantFrom(null, 5, true, secrets.text.repeat(60), [secrets.text], { a: secrets.text }),
    },
    { weight: 1, arbitrary: odd },
  );

const required = {
  user_id: mostly(fc.uuid()),
  app_version: mostly(fc.constantFrom('2.3.0', '1', '0.0', '2146.999.999')),
  device_type: mostly(fc.constantFrom('android', 'ios')),
  ip: maskedOr(secretAddress),
  locale: mostly(fc.constantFrom('DE', null)),
  device_id: maskedOr(secretText),
};
const optional = {
  session: mostly(fc.uuid()),
  small: mostly(fc.integer({ min: -32_768, max: 32_767 })),
  whole: mostly(fc.integer()),
  large: mostly(fc.maxSafeInteger()),
  real: mostly(fc.double({ noNaN: true, noDefaultInfinity: true })),
  flag: mostly(fc.boolean()),
  note: mostly(fc.string({ unit: 'binary', maxLength: 40 })),
  moody: mostly(fc.constantFrom(...Array<string>(20).fill('calm'), 'throw', '', 'x'.repeat(30))),
  peer: maskedOr(secretAddress),
  net: maskedOr(secretAddress),
  hop: maskedOr(secretAddress),
  exit: maskedOr(secretAddress),
  email: maskedOr(secretText),
  phone: maskedOr(secretText),
  card: maskedOr(secretCard),
  secret: maskedOr(secretText),
  extra: anything,
};
const members = fc.record<Record<string, unknown>>(
  { ...required, ...optional },
  { requiredKeys: ['user_id', 'app_version', 'device_type', 'ip', 'locale', 'device_id'] },
);

/** One and the same record in spellings that parsers differ about. */
const spelling = fc.constantFrom<(record: Record<string, unknown>) => string>(
  (record) => JSON.stringify(record),
  (record) => JSON.stringify(record, undefined, '\t'),
  (record) => JSON.stringify(record).replaceAll('"ip":', String.raw`"\u0069p":`),
  (record) => JSON.stringify(record).replaceAll('"locale":', String.raw`"\u006c\u006fcale" : `),
  (record) =>
    JSON.stringify(record).replaceAll(/[^\0-~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
);
const twisted = fc.constantFrom<(text: string) => string>(
  (text) => text.replace('{', `{"ip":"${secrets.text}",`),
  (text) => text.replace('{', `{"__proto__":{"ip":"${secrets.text}"},`),
  (text) => text.replace('{', `{"extra":${'['.repeat(31)}${']'.repeat(31)},`),
  (text) => text.replace('{', `{"extra":${'{"a":'.repeat(40)}1${'}'.repeat(40)},`),
  (text) => text.replace('{', `{"padding":"${secrets.text.repeat(250)}",`),
  (text) => text.replace('{', '{"whole":1e999,'),
  (text) => `${text}${text}`,
  (text) => `[${text}]`,
  (text) => JSON.stringify(text),
  (text) => text.slice(0, -1),
);

const structured = fc.tuple(members, spelling).map(([record, spell]) => spell(record));

const goodText = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'binary', maxLength }).map((text) => text.replaceAll('\0', ''));
const good = fc
  .record({
    user_id: goodText(128),
    app_version: fc.constantFrom('2.3.0', '0.0', '2146.999.999'),
    device_type: fc.constantFrom('android', 'ios'),
    ip: secretAddress,
    locale: fc.option(goodText(32)),
    device_id: secretText.map((text) => text.replaceAll('\0', '').trim()),
    note: fc.oneof(
      goodText(40),
      odd.filter(
        (value) => typeof value === 'string' && value.isWellFormed() && !value.includes('\0'),
      ) as fc.Arbitrary<string>,
    ),
    email: secretText.map((text) => text.replaceAll('\0', '').trim()),
    card: secretCard,
    peer: secretAddress,
  })
  .map(({ user_id, locale, note, ...record }): Body => ({
    body: JSON.stringify({ user_id, locale, note, ...record }),
    good: { user_id, locale, note },
  }));

/** Some bytes changed, taken out, put in, or a stretch of them said twice. */
const change = fc.record({
  at: fc.nat(4_000),
  // Bytes of ASCII: with any other a text is seldom UTF-8 any more, and nothing of it is read.
  byte: fc.oneof({ weight: 9, arbitrary: fc.nat(127) }, { weight: 1, arbitrary: fc.nat(255) }),
  way: fc.nat(3),
  length: fc.integer({ min: 1, max: 40 }),
});
const mutated = fc.tuple(structured, fc.array(change, { minLength: 1, maxLength: 4 })).map(([text, changes]) => {
  let bytes = Buffer.from(text);
  for (const { at, byte, way, length } of changes) {
    const place = at % (bytes.length + 1);
    const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
    const middle = way === 3 ? after.subarray(0, length) : Buffer.from(way === 0 ? [] : [byte]);
    bytes = Buffer.concat([before, middle, way === 2 || way === 3 ? after : after.subarray(1)]);
  }
  return bytes;
});

const random = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.json({ stringUnit: 'binary' }),
  odd.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))),
  fc.constantFrom('', ' ', 'null', '{}', '[]', `${'['.repeat(900)}${']'.repeat(900)}`, '{'.repeat(2_000)),
);

const anyBody: fc.Arbitrary<Body> = fc.oneof(
  { weight: 2, arbitrary: good },
  { weight: 4, arbitrary: structured.map((body) => ({ body })) },
  { weight: 2, arbitrary: fc.tuple(structured, twisted).map(([text, twist]) => ({ body: twist(text) })) },
  { weight: 3, arbitrary: mutated.map((body) => ({ body })) },
  { weight: 2, arbitrary: random.map((body) => ({ body })) },
);
