import { expect, test } from 'vitest';
import { z } from 'zod';
import { PipelineDefinitionError, rsa, toTarget, versionNumber } from '../src/index.ts';
import { aSpec, columnFaults, define, faultsOf, someColumns } from './definition.ts';

test('a definition becomes flat columns, in the order they were written', () => {
  const pipeline = define(aSpec());
  expect(pipeline).toMatchObject({ name: 'visits', source: { queue: 'visit-queue' }, bodyMaxBytes: 262_144 });
  expect(pipeline.target.columns).toEqual([
    { name: 'id', type: 'varchar(64)', source: { kind: 'field', field: 'id' } },
    { name: 'version', type: 'integer', source: { kind: 'field', field: 'version', as: versionNumber } },
    { name: 'ip_token', type: 'text', source: { kind: 'token', field: 'ip' } },
    { name: 'device_token', type: 'varchar(354)', source: { kind: 'token', field: 'device' } },
    { name: 'count', type: 'bigint', source: { kind: 'field', field: 'count' } },
    { name: 'seen', type: 'boolean', source: { kind: 'field', field: 'seen' } },
    { name: 'message', type: 'text', source: { kind: 'message', attribute: 'id' } },
    { name: 'sent_at', type: 'timestamptz', source: { kind: 'message', attribute: 'sent_at' } },
    { name: 'day', type: 'date', source: { kind: 'message', attribute: 'sent_day' } },
  ]);
  expect(Object.isFrozen(pipeline)).toBe(true);
  expect(define(aSpec({ bodyMaxBytes: 1_048_576 })).bodyMaxBytes).toBe(1_048_576);
});

test('the sink is told how wide a token column must be, and of no other column', () => {
  const { columns, ...target } = toTarget(define(aSpec()));
  expect(target).toEqual({ name: 'visits', table: 'visits' });
  expect(columns.filter((column) => 'tokenLength' in column)).toEqual([
    { name: 'ip_token', type: 'text', tokenLength: 524 },
    { name: 'device_token', type: 'varchar(354)', tokenLength: 354 },
  ]);
});

test('every fault is told at once, in one error that names the pipeline', () => {
  const spec = aSpec({
    name: 'Visits',
    source: { queue: 'visit queue' },
    bodyMaxBytes: 0,
    mask: { ip: rsa('address'), device: rsa('text'), port: rsa('text') },
    target: { table: 'a.b.c', columns: someColumns({ plain: { type: 'text', from: 'ip' } }) },
  });
  const faults = [
    'its name is not 1 to 40 of a-z, 0-9 and -, a letter first',
    'source.queue is no SQS queue name',
    'bodyMaxBytes is no positive whole number',
    'target.table is not "table" or "schema.table"',
    'mask names the field "port", which the record does not have',
    'mask names the field "port", but no column takes its token',
    'column "device_token" is varchar(354), but tokens of "device" have up to 524 characters',
    'column "plain" would hold "ip" unmasked, though mask names it',
  ];
  expect(faultsOf(spec)).toEqual(faults);
  expect(() => define(spec)).toThrow(PipelineDefinitionError);
  expect(() => define(spec)).toThrow(
    `pipeline "Visits" cannot be run:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
  );
});

test.each([
  ['name', ['', 'a'.repeat(41), '1a', 'a.b', 'a:b', 'Ä', 'a\n'], 'its name is not'],
  ['source', ['', 'q'.repeat(81), 'q.fifo.fifo', 'https://q'].map((queue) => ({ queue })), 'source.queue is no SQS'],
  ['bodyMaxBytes', [-1, 1.5, Number.NaN, '9'], 'bodyMaxBytes is no positive whole number'],
  [
    'target',
    ['', '.', 'a.', '.b', 'a.b.c', `a.${'ü'.repeat(32)}`, 'a\0', '\ud800'].map((table) => ({
      table,
      columns: someColumns(),
    })),
    'target.table is not',
  ],
] as const)('%s: bad ones are refused', (key, values, fault) => {
  for (const value of values) expect(faultsOf(aSpec({ [key]: value }))).toEqual([expect.stringContaining(fault)]);
});

test.each([
  ['name', ['a', 'a'.repeat(40), 'user-logins-2']],
  ['source', ['q', 'Q_1-x', 'q.fifo'].map((queue) => ({ queue }))],
  ['target', ['t', 's.t', 'Größe.Über "x"', `a.${'ü'.repeat(31)}`].map((table) => ({ table, columns: someColumns() }))],
] as const)('%s: good ones are taken', (key, values) => {
  for (const value of values) expect(faultsOf(aSpec({ [key]: value }))).toEqual([]);
});

test.each([
  [{ type: 'text', from: 'nothing' }, 'column "extra" is from the field "nothing", which the record does not have'],
  [{ type: 'text', from: 'toString' }, 'column "extra" is from the field "toString", which the record does not have'],
  [{ type: 'text', from: 'ip', as: versionNumber }, 'column "extra" would hold "ip" unmasked, though mask names it'],
  [{ type: 'integer', from: 'id' }, 'column "extra" of type integer does not hold the string "id"'],
  [{ type: 'text', from: 'count' }, 'column "extra" of type text does not hold the number "count"'],
  [{ type: 'smallint', from: 'seen' }, 'column "extra" of type smallint does not hold the boolean "seen"'],
  [{ type: 'text', from: 'tags' }, 'column "extra" of type text does not hold the other "tags"'],
  [{ type: 'date', from: 'id' }, 'column "extra" of type date does not hold the string "id"'],
  [{ type: 'text', token: 'id' }, 'column "extra" takes the token of "id", which mask does not name'],
  [{ type: 'text', token: 'constructor' }, 'column "extra" takes the token of "constructor", which mask does not name'],
  [{ type: 'uuid', token: 'ip' }, 'column "extra" holds a token and so must be text, not uuid'],
  [
    { type: 'varchar(523)', token: 'ip' },
    'column "extra" is varchar(523), but tokens of "ip" have up to 524 characters',
  ],
  [{ type: 'uuid', message: 'id' }, 'column "extra" of type uuid does not hold id'],
  [{ type: 'date', message: 'sent_at' }, 'column "extra" of type date does not hold sent_at'],
  [{ type: 'timestamptz', message: 'sent_day' }, 'column "extra" of type timestamptz does not hold sent_day'],
  [
    { type: 'text', message: 'constructor' },
    'column "extra" asks the message for "constructor", not for id, sent_at, sent_day',
  ],
  [{ type: 'text' }, 'column "extra" needs exactly one of from, token and message'],
  [{ type: 'text', from: 'id', token: 'ip' }, 'column "extra" needs exactly one of from, token and message'],
  [{ type: 'text', token: 'ip', as: versionNumber }, 'column "extra" has an as, but no from'],
  [{ type: 'json', from: 'id' }, 'column "extra" has the unknown type "json"'],
  [{ type: 'varchar(0)', from: 'id' }, 'column "extra" has the unknown type "varchar(0)"'],
  [{ type: 'varchar(9); drop', from: 'id' }, 'column "extra" has the unknown type "varchar(9); drop"'],
])('the column %j is refused', (column, fault) => {
  expect(columnFaults(column)).toEqual([fault]);
});

test('columns have names that PostgreSQL can have', () => {
  const names = ['', 'x'.repeat(64), 'a\0b', 'constructor', '__proto__'];
  for (const name of names) {
    const columns = Object.fromEntries([...Object.entries(someColumns()), [name, { type: 'text', from: 'id' }]]);
    expect(faultsOf(aSpec({ target: { table: 't', columns } }))).toHaveLength(1);
  }
  expect(faultsOf(aSpec({ mask: {}, target: { table: 't', columns: {} } }))).toEqual(['target.columns is empty']);
});

test.each([
  [{ ip: 'rsa' }, 'the mask of the field "ip" says nothing that can be done to it'],
  [{ ip: { ...rsa('address'), method: 'hash' } }, 'the mask of the field "ip" says nothing that can be done to it'],
  [{ ip: { ...rsa('address'), bits: 1024 } }, 'the mask of the field "ip" says nothing that can be done to it'],
  [{ ip: { ...rsa('address'), form: 'phone' } }, 'the mask of the field "ip" says nothing that can be done to it'],
  [{ ip: undefined }, 'the mask of the field "ip" says nothing that can be done to it'],
  [{ ip: rsa('address'), count: rsa('text') }, 'mask names the field "count", which is no string'],
  [{ ip: rsa('address'), id: rsa('text') }, 'mask names the field "id", but no column takes its token'],
])('the mask %j is refused', (mask, fault) => {
  expect(faultsOf(aSpec({ mask: { device: rsa('text', { bits: 2048 }), ...mask } }))).toContain(fault);
});

test('a field of a name that every object has is refused: messages would seem to have it', () => {
  const record = aSpec().record.extend({ constructor: z.string().optional() });
  expect(faultsOf(aSpec({ record }))).toEqual([
    'the record\'s field "constructor" has the name of a member of every object',
  ]);
});

test.each([
  ['undefined', undefined, ['it is no object']],
  ['null', null, ['it is no object']],
  [
    'an empty object',
    {},
    [
      'name is no text',
      'source.queue is no text',
      'record is no z.object({ … })',
      'mask is no object',
      'target.table is no text',
      'target.columns is no object',
    ],
  ],
  ['no name', aSpec({ name: undefined }), ['name is no text']],
  ['a queue that is a number', aSpec({ source: { queue: 7 } }), ['source.queue is no text']],
  ['a record of plain values', aSpec({ record: { id: 'string' } }), ['record is no z.object({ … })']],
  ['a record that is a z.string()', aSpec({ record: z.string() }), ['record is no z.object({ … })']],
  [
    'columns as a list',
    aSpec({ target: { table: 't', columns: [{ type: 'text', from: 'id' }] } }),
    ['target.columns is no object'],
  ],
  [
    'columns of wrong parts',
    aSpec({ target: { table: 't', columns: { a: 'text', b: { type: 1, from: 2 }, c: { type: 'text', as: 'x' } } } }),
    [
      'column "a" is no object',
      'column "b": type is no text',
      'column "b": from is no text',
      'column "c": as is no conversion',
    ],
  ],
])('what has not the shape of a definition is told so: %s', (_, spec, faults) => {
  expect(faultsOf(spec)).toEqual(faults);
});
