import { expect, test } from 'vitest';
import { unfitColumns } from '../src/column-fit.ts';
import type { ActualColumn } from '../src/target-table.ts';
import type { TargetColumn } from '../src/target.ts';

const actual = (type: string, more: Partial<ActualColumn> = {}): ActualColumn => ({
  name: 'x',
  type,
  required: false,
  generated: false,
  ...more,
});
const kinds = (column: Omit<TargetColumn, 'name'>, ...columns: ActualColumn[]): string[] =>
  unfitColumns({ columns: [{ name: 'x', ...column }] }, columns).map(({ kind }) => kind);

test.each([
  ['varchar(32)', 'character varying(32)'],
  ['varchar(32)', 'character varying(33)'],
  ['varchar(32)', 'character varying'],
  ['varchar(32)', 'text'],
  ['text', 'text'],
  ['text', 'character varying'],
  ['smallint', 'smallint'],
  ['smallint', 'integer'],
  ['integer', 'bigint'],
  ['bigint', 'numeric'],
  ['double precision', 'double precision'],
  ['boolean', 'boolean'],
  ['uuid', 'uuid'],
  ['date', 'date'],
  ['timestamptz', 'timestamp with time zone'],
])('%s goes into %s', (given, type) => {
  expect(kinds({ type: given }, actual(type))).toEqual([]);
});

test.each([
  ['varchar(32)', 'character varying(31)', 'column_too_short'],
  ['text', 'character varying(1000000)', 'column_too_short'],
  ['text', 'character(64)', 'column_type_differs'],
  ['text', 'bytea', 'column_type_differs'],
  ['varchar(36)', 'uuid', 'column_type_differs'],
  ['integer', 'smallint', 'column_type_differs'],
  ['integer', 'text', 'column_type_differs'],
  ['bigint', 'numeric(5,0)', 'column_type_differs'],
  ['timestamptz', 'timestamp without time zone', 'column_type_differs'],
  ['date', 'timestamp with time zone', 'column_type_differs'],
])('%s does not go into %s', (given, type, kind) => {
  expect(kinds({ type: given }, actual(type))).toEqual([kind]);
});

test('a token needs its own length, whatever the definition calls the column', () => {
  const token = { type: 'text', tokenLength: 524 };
  expect(kinds(token, actual('character varying(524)'))).toEqual([]);
  expect(kinds(token, actual('character varying(523)'))).toEqual(['column_too_short']);
  expect(kinds(token, actual('integer'))).toEqual(['column_type_differs']);
});

test('a column that the database alone fills cannot be fed', () => {
  expect(kinds({ type: 'integer' }, actual('integer', { generated: true }))).toEqual(['column_type_differs']);
});

test('a column that must have a value must be fed', () => {
  const other = actual('integer', { name: 'other', required: true });
  expect(kinds({ type: 'integer' }, actual('integer'), other)).toEqual(['column_unfed']);
  expect(kinds({ type: 'integer' }, actual('integer', { required: true }))).toEqual([]);
});

test('all that is wrong is said at once, with names and widths', () => {
  const columns = [
    { name: 'a', type: 'text', tokenLength: 524 },
    { name: 'b', type: 'integer' },
  ];
  expect(unfitColumns({ columns }, [actual('character varying(256)', { name: 'a' })])).toEqual([
    {
      kind: 'column_too_short',
      words: 'column a is character varying(256), but its tokens have up to 524 characters',
    },
    { kind: 'column_missing', words: 'column b is missing' },
  ]);
});
