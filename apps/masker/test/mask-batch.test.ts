import { definePipeline, refuse, rsa } from '@masque/pipeline';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { aLogin, aMasker, maskBodies, pipeline, sentAt } from './login.ts';

const masker = await aMasker();
const mask = maskBodies(pipeline, masker);

test('a login becomes the challenge’s row, with tokens where the personal values were', () => {
  const { columns, rows, rejects } = mask(aLogin());
  const kid = masker.keys()[0]?.kid;
  const token = new RegExp(`^rsa1\\.${kid}\\.[\\w-]{512}$`);
  expect({ rows, rejects }).toEqual({ rows: [0], rejects: [] });
  expect(columns).toEqual({
    user_id: ['424cdd21-063a-43a7-b91b-7ca1a833afae'],
    device_type: ['android'],
    masked_ip: [expect.stringMatching(token)],
    masked_device_id: [expect.stringMatching(token)],
    locale: ['RU'],
    app_version: [2_003_000],
    create_date: ['2022-09-13'],
  });
});

test('duplicates can be spotted, however they are spelled, and fields share no tokens', () => {
  const same = ['198.51.100.7', '::ffff:198.51.100.7', ' 198.51.100.7 ', '::ffff:c633:6407'];
  const { columns } = mask(...same.map((ip) => aLogin({ ip, device_id: '198.51.100.7' })), aLogin({ ip: '::1' }));
  const [one, ...others] = columns['masked_ip'] as string[];
  expect(others.slice(0, 3)).toEqual([one, one, one]);
  expect(others[3]).not.toBe(one);
  expect(columns['masked_device_id']).not.toContain(one);
});

test('a value that is a token already is put aside, not masked twice', () => {
  const [token] = mask(aLogin()).columns['masked_device_id'] as [string];
  const { rows, rejects } = mask(aLogin({ device_id: token }), aLogin({ ip: ` ${token}` }), aLogin());
  expect(rows).toEqual([2]);
  expect(rejects).toEqual([
    { at: 0, reason: 'already_masked', fields: ['device_id'] },
    { at: 1, reason: 'already_masked', fields: ['ip'] },
  ]);
});

test('a message’s keys do not change how V8 reads those of the next', () => {
  // Members in an order that no other test has: V8 errs where it has seen but one key follow these.
  const before = '{"device_type":"t","locale":null,"app_version":"1","user_id":"u","device_id":"d",';
  const poison = String.raw`${before}"\\u":1}`;
  const { rows, rejects } = mask(
    poison,
    String.raw`${before}"\u0069p":"198.51.100.7"}`,
    String.raw`${before}"\u0069p":1,"ip":"::1"}`,
  );
  expect(rows).toEqual([1]);
  expect(rejects).toEqual([
    { at: 0, reason: 'missing_field', fields: ['ip'] },
    { at: 2, reason: 'duplicate_key', fields: ['ip'] },
  ]);
});

test('an empty batch and a batch without a good body are results like any other', () => {
  expect(mask()).toMatchObject({ rows: [], rejects: [], extraFields: 0 });
  const { rows, columns, rejects } = mask('', '[]', {});
  expect(rows).toEqual([]);
  expect(Object.values(columns).flat()).toEqual([]);
  expect(rejects.map(({ at, reason }) => [at, reason])).toEqual([
    [0, 'not_json'],
    [1, 'not_an_object'],
    [2, 'wrong_kind'],
  ]);
});

test('extra members are counted over the batch and leave no trace', () => {
  const result = mask(aLogin({ email: 'planted-1' }), aLogin(), aLogin({ a: 'planted-2', b: 'planted-3' }), { c: 1 });
  expect(result.extraFields).toBe(3);
  expect(JSON.stringify(result)).not.toContain('planted');
});

test('a masker that throws fails the whole batch: nothing is handed over', () => {
  const failing = maskBodies(pipeline, {
    mask: (field, values) => {
      if (field === 'device_id') throw new Error('no key');
      return masker.mask(field, values);
    },
  });
  expect(() => failing(aLogin(), '')).toThrow('no key');
});

test('a masker that gives too few results rejects what has none', () => {
  const forgetful = maskBodies(pipeline, { mask: (field, values) => masker.mask(field, values).slice(0, 1) });
  const { rows, rejects, columns } = forgetful(aLogin(), aLogin({ ip: '203.0.113.9' }));
  expect(rows).toEqual([0]);
  expect(rejects).toEqual([{ at: 1, reason: 'invalid_value', fields: ['ip'] }]);
  expect(columns['masked_ip']).toHaveLength(1);
});

// --- Definitions other than the shipped one. ---

const visits = definePipeline({
  name: 'visits',
  source: { queue: 'visits' },
  bodyMaxBytes: 1_048_576,
  record: z
    .object({
      email: z.string().nullish(),
      count: z.number(),
      big: z.int().optional(),
      share: z.number().nullable().default(0.5),
      seen: z.boolean().nullish(),
      note: z.string().optional(),
      kind: z.enum(['ios', 'android']).optional(),
      code: z
        .string()
        .transform((text) => {
          if (text === 'throw') throw new Error('planted in a transform');
          return text === 'date' ? (new Date(0) as unknown as string) : text;
        })
        .optional(),
    })
    .refine(({ note, kind }) => note === undefined || kind !== 'ios', 'no note'),
  mask: { email: rsa('text', { bits: 2048 }) },
  target: {
    table: 'visits',
    columns: {
      email: { type: 'text', token: 'email' },
      count: { type: 'smallint', from: 'count' },
      big: { type: 'bigint', from: 'big' },
      share: { type: 'double precision', from: 'share' },
      seen: { type: 'boolean', from: 'seen' },
      note: { type: 'varchar(5)', from: 'note' },
      short_note: { type: 'varchar(3)', from: 'note' },
      wide_note: { type: 'text', from: 'note' },
      code: { type: 'text', from: 'code' },
      sent_at: { type: 'timestamptz', message: 'sent_at' },
      message: { type: 'text', message: 'id' },
    },
  },
});
const maskVisits = maskBodies(visits, await aMasker(visits.mask));

test('null, absent and defaulted fields; numbers and booleans; what the message tells', () => {
  const { columns, rejects } = maskVisits(
    { count: -32_768, email: null, seen: false },
    {
      count: 7,
      email: 'a@example.com',
      big: 2 ** 53 - 1,
      share: null,
      seen: true,
      note: 'abc',
      kind: 'ios2'.slice(0, 0) || undefined,
    },
  );
  expect(rejects).toEqual([]);
  expect(columns).toEqual({
    email: [null, expect.stringMatching(/^rsa1\./)],
    count: [-32_768, 7],
    big: [null, 2 ** 53 - 1],
    share: [0.5, null],
    seen: [false, true],
    note: [null, 'abc'],
    short_note: [null, 'abc'],
    wide_note: [null, 'abc'],
    code: [null, null],
    sent_at: [new Date(sentAt).toISOString(), new Date(sentAt).toISOString()],
    message: ['message-0', 'message-1'],
  });
});

test.each([
  ['a number that its column does not hold', '{"count":32768}', 'out_of_range', ['count']],
  ['a fraction in a whole column', '{"count":1.5}', 'out_of_range', ['count']],
  ['1e999, a number in JSON', '{"count":1e999}', 'out_of_range', ['count']],
  ['1e999 in a column of fractions', '{"count":1,"share":-1e999}', 'out_of_range', ['share']],
  ['a fraction where the record says whole', '{"count":1,"big":1.5}', 'invalid_value', ['big']],
  ['digits that JavaScript loses', '{"count":1,"big":9007199254740993}', 'invalid_value', ['big']],
  ['a text for a number', '{"count":"1"}', 'wrong_type', ['count']],
  ['a text for a boolean', '{"count":1,"seen":"true"}', 'wrong_type', ['seen']],
  ['what an enum lacks', '{"count":1,"kind":"palm"}', 'invalid_value', ['kind']],
  ['a check across fields', '{"count":1,"kind":"ios","note":"x"}', 'invalid_value', []],
  ['the narrower of two columns of one field', '{"count":1,"note":"four"}', 'too_long', ['note']],
  ['a transform that throws', '{"count":1,"code":"throw"}', 'definition_failed', []],
  ['a transform that gives what no column holds', '{"count":1,"code":"date"}', 'wrong_type', ['code']],
  ['no required field', '{"note":"x"}', 'wrong_kind', []],
])('rejected alone: %s', (_, body, reason, fields) => {
  const { rows, rejects } = maskVisits({ count: 1 }, body, { count: 2 });
  expect(rejects).toEqual([{ at: 1, reason, fields }]);
  expect(rows).toEqual([0, 2]);
});

test('-0 is 0 by the time it is in the loader’s JSON', () => {
  const { columns } = maskVisits('{"count":-0,"share":-0.0}');
  expect(JSON.stringify([columns['count'], columns['share']])).toBe('[[0],[0]]');
});

test('a pipeline may take a MiB', () => {
  expect(maskVisits(`{"count":1,"x":"${'x'.repeat(1_000_000)}"}`).rows).toEqual([0]);
});

test('a strict record refuses other members, and does not repeat their names', () => {
  const strict = definePipeline({
    name: 'strict',
    source: { queue: 'q' },
    record: z.strictObject({ id: z.string() }),
    mask: {},
    target: { table: 't', columns: { id: { type: 'text', from: 'id' } } },
  });
  expect(maskBodies(strict, masker)({ id: 'x', planted: 1 }).rejects).toEqual([
    { at: 0, reason: 'invalid_value', fields: [] },
  ]);
});

test('of two conversions that refuse, the first column’s reason stays', () => {
  const twice = definePipeline({
    name: 'twice',
    source: { queue: 'q' },
    record: z.object({ a: z.string(), b: z.string() }),
    mask: {},
    target: {
      table: 't',
      columns: {
        b: { type: 'text', from: 'b', as: { name: 'no', convert: () => refuse('too_long') } },
        a: { type: 'text', from: 'a', as: { name: 'never', convert: () => refuse('out_of_range') } },
      },
    },
  });
  expect(maskBodies(twice, masker)({ a: '', b: '' }).rejects).toEqual([{ at: 0, reason: 'too_long', fields: ['b'] }]);
});
