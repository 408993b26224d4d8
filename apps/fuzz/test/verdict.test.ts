import { encodeBody } from '@masque/extractor/body';
import { expect, test } from 'vitest';
import type { Body } from '../src/bodies.ts';
import type { Loaded, Places, Quarantined } from '../src/places.ts';
import { secrets } from '../src/secrets.ts';
import { judge } from '../src/verdict.ts';
import type { Lying } from '../src/wire.ts';

const good: Body = {
  body: JSON.stringify({ user_id: 'u', locale: null, note: 'n', ip: `${secrets.address}7` }),
  good: { user_id: 'u', locale: null, note: 'n' },
};
const bad: Body = { body: 'no JSON' };
const row: Loaded = { id: 'a', user_id: 'u', locale: null, note: 'n', text: '{"masked_ip": "rsa1.aaaaaa.bbbb"}' };
const entry: Quarantined = {
  id: 'b',
  reason: 'not_json',
  fields: [],
  body: encodeBody('no JSON'),
  sqlstate: null,
  text: '{}',
};
const report = { rows: 1, rejects: { not_json: 1 }, refused: {}, duplicates: 0 };
const whole = { ledger: ['a', 'b'], rows: [row], quarantine: [entry] };

async function breaches(places: Partial<Places>, passage: { masked?: Lying; receipts?: string[] } = {}) {
  const receipts = ['receipt-a', 'receipt-b'];
  const found = await judge(
    [good, bad],
    { messageIds: ['a', 'b'], masked: { json: '{}' }, receipts, report, ...passage },
    { ...whole, ...places },
    async (sealed) => Buffer.from(sealed),
  );
  return found.map(({ at, what }) => `${at}: ${what}`);
}

test('nothing is held against a batch that is in place', async () => {
  expect(await breaches({})).toEqual([]);
});

test.each<[string, Partial<Places>, string[]]>([
  ['lost', { ledger: ['a'], quarantine: [] }, ['1: in the ledger 0 times', '1: 0 rows and 0 quarantine entries']],
  ['doubled', { rows: [row, row] }, ['0: 2 rows and 0 quarantine entries']],
  [
    'row and quarantine entry',
    { quarantine: [entry, { ...entry, id: 'a', reason: 'refused_by_database' }] },
    ['0: 1 rows and 1 quarantine entries'],
  ],
  ['disturbed by a neighbour', { rows: [{ ...row, note: 'N' }] }, ['0: its row says something else in note']],
  [
    'of a reason that there is not',
    { quarantine: [{ ...entry, reason: 'odd' }] },
    ['1: quarantined for odd, which is no reason'],
  ],
  [
    'of a field that there is not',
    { quarantine: [{ ...entry, fields: ['foo'] }] },
    ['1: quarantined for a field that the record does not have'],
  ],
  [
    'another body',
    { quarantine: [{ ...entry, body: Buffer.from('other') }] },
    ['1: its quarantined body is not the one it had'],
  ],
  [
    'a value in the row',
    { rows: [{ ...row, text: `{"masked_ip": "${secrets.address}7"}` }] },
    ['0: a value of a masked field is in PostgreSQL'],
  ],
])('%s', async (_, places, expected) => {
  expect(await breaches(places)).toEqual(expected);
});

test('a receipt that is kept, and a value on a queue', async () => {
  const leaked = ['-1: a value of a masked field is in Redis'];
  expect(await breaches({}, { receipts: ['receipt-b'] })).toEqual(['0: its receipt is not handed on']);
  expect(await breaches({}, { masked: { json: secrets.text } })).toEqual(leaked);
  expect(await breaches({}, { masked: { json: '{}', freight: Buffer.from(secrets.text) } })).toEqual(leaked);
});
