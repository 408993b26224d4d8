import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { batchEnvelope, newBatchId } from '../src/batch.ts';
import { freightId, reload, unload } from '../src/freight.ts';
import { defineHandoff } from '../src/handoff.ts';

type Fields = Readonly<Record<string, unknown>>;

const bytes = fc.uint8Array({ maxLength: 12 }).map((all) => Buffer.from(all));
const plain = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.array(fc.integer(), { maxLength: 3 }));
const name = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('__proto__', 'constructor', 'toString', '0'));
const members = fc.dictionary(name, fc.oneof(plain, bytes), { maxKeys: 4, noNullPrototype: true });
const batches = fc.dictionary(
  name.filter((each) => each !== 'freight'),
  fc.oneof(plain, bytes, members),
  { maxKeys: 5, noNullPrototype: true },
);

const overJson = (data: object): Fields => JSON.parse(JSON.stringify(data)) as Fields;

test('whatever is bytes comes back in its place, of fields and of their members', () => {
  const property = fc.property(batches, (batch) => {
    const { data, freight } = unload(batch);
    expect(JSON.stringify(data)).not.toContain('"Buffer"');
    expect(reload(overJson(data), freight?.bytes)).toEqual(batch);
  });
  fc.assert(property, { numRuns: 300 });
});

test('a member may have any name', () => {
  const columns = Object.fromEntries([
    ['__proto__', Buffer.from('a')],
    ['constructor', Buffer.from('b')],
  ]);
  const { data, freight } = unload({ columns });
  const { columns: back } = reload(overJson(data), freight?.bytes) as { readonly columns: object };
  expect(Object.entries(back)).toEqual(Object.entries(columns));
  expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
});

test('the job says which bytes are whose, and holds none of them', () => {
  const batch = { sealed: Buffer.from('abc'), columns: { ip: Buffer.from('de'), app_version: [1] }, rows: [0] };
  const { data, freight } = unload(batch);
  expect(data).toEqual({
    columns: { app_version: [1] },
    rows: [0],
    freight: {
      id: '8587d865',
      items: [
        ['sealed', 3],
        ['columns', 'ip', 2],
      ],
    },
  });
  expect(freight).toEqual({ id: '8587d865', bytes: Buffer.from('abcde') });
});

test('a batch without bytes has no freight', () => {
  expect(unload({ rows: [0], columns: {} })).toEqual({ data: { rows: [0], columns: {} } });
  expect(reload({ rows: [0] }, undefined)).toEqual({ rows: [0] });
});

const idOf = (all: Buffer): string | undefined => unload({ all }).freight?.id;

test('other bytes have another id, and the same the same', () => {
  const property = fc.property(bytes, bytes, (one, other) => {
    expect(idOf(one) === idOf(other)).toBe(one.equals(other));
    expect(idOf(one)).toBe(idOf(Buffer.from(one)));
  });
  fc.assert(property);
});

describe('the id', () => {
  test('is that of the job’s freight', () => {
    const { data, freight } = unload({ all: Buffer.from('a') });
    expect(freightId(overJson(data))).toBe(freight?.id);
  });

  test.each([
    undefined,
    null,
    'x',
    [],
    {},
    { freight: null },
    { freight: 'x' },
    { freight: { id: 12_345_678 } },
    { freight: { id: '1234567' } },
    { freight: { id: '*' } },
    { freight: { id: 'ABCDEF01' } },
    { freight: { id: '01234567\n' } },
  ])('of %j is none', (data) => {
    expect(freightId(data)).toBeUndefined();
  });
});

const loaded = (items: unknown, stored: Buffer | undefined): Fields | undefined =>
  reload({ freight: { id: '00000000', items } }, stored);

describe('bytes that do not belong to the job are refused', () => {
  const four = Buffer.from('abcd');

  test('control', () => {
    expect(loaded([['a', 4]], four)).toEqual({ a: four });
    expect(
      loaded(
        [
          ['a', 0],
          ['b', 'c', 4],
        ],
        four,
      ),
    ).toEqual({ a: Buffer.alloc(0), b: { c: four } });
  });

  test.each<[string, unknown, Buffer | undefined]>([
    ['none', [['a', 4]], undefined],
    ['too few', [['a', 5]], four],
    ['too many', [['a', 3]], four],
    [
      'more than there can be',
      [
        ['a', 2 ** 53 - 1],
        ['b', 2 ** 53 - 1],
      ],
      four,
    ],
    ['no items', undefined, four],
    ['items that are no list', { 0: ['a', 4] }, four],
    ['an item that is none', ['a'], four],
    ['an item without a place', [[4]], four],
    ['an item of three places', [['a', 'b', 'c', 4]], four],
    ['a place that is no name', [[1, 4]], four],
    [
      'a length below none',
      [
        ['a', -1],
        ['b', 5],
      ],
      four,
    ],
    [
      'a length that is no whole number',
      [
        ['a', 3.5],
        ['b', 0.5],
      ],
      four,
    ],
    ['a length in words', [['a', '4']], four],
  ])('%s', (_, items, stored) => {
    expect(loaded(items, stored)).toBeUndefined();
  });

  test('whatever the job says, it does not throw', () => {
    const property = fc.property(fc.anything(), fc.option(bytes, { nil: undefined }), (freight, stored) => {
      const isRead = reload({ freight }, stored) !== undefined;
      expect(isRead && freight !== undefined && stored === undefined).toBe(false);
      expect(freightId({ freight }) ?? '00000000').toMatch(/^[0-9a-f]{8}$/);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe('a contract', () => {
  const crates = defineHandoff({
    name: 'crates',
    version: 1,
    raisedBy: { freight: 2 },
    schema: z.object({ ...batchEnvelope, goods: z.instanceof(Buffer), label: z.string().max(20) }),
  });
  const crate = { batch: newBatchId(), pipeline: 'post', deadline: 1, goods: Buffer.from('SENTINEL'), label: 'a' };
  const { data, freight } = crates.write(crate);
  const refused = { ok: false, why: 'shape', at: 'freight' };

  test('reads what it wrote', () => {
    expect(crates.read(overJson(data), freight?.bytes)).toEqual({ ok: true, value: crate });
  });

  test('names no value when it refuses', () => {
    const job = overJson(data);
    expect(crates.read(job)).toEqual(refused);
    expect(crates.read(job, Buffer.from('SENTINEL!'))).toEqual(refused);
    expect(crates.read({ ...job, freight: { id: 'SENTINEL', items: [['SENTINEL', 7]] } }, freight?.bytes)).toEqual(
      refused,
    );
    expect(crates.read({ ...job, label: 'SENTINEL'.repeat(3) }, freight?.bytes)).toEqual({ ...refused, at: 'label' });
  });

  test('does not take bytes that the job itself holds', () => {
    const { freight: _, ...bare } = overJson(data);
    expect(crates.read({ ...bare, v: 1, goods: crate.goods.toJSON() })).toEqual({ ...refused, at: 'goods' });
  });
});
