import { ff1, type Ff1Mask, isRefusal, ipcryptPfx, truncate } from '@masque/pipeline';
import { expect, test } from 'vitest';
import { createMasker } from '../src/masker.ts';
import { tokenOf } from './golden.ts';
import { keysNamed } from './methods.ts';

function maskWith(spec: Ff1Mask, ...values: readonly string[]) {
  return createMasker({ mask: { field: spec }, keys: keysNamed('one') }).mask('field', values);
}

const digits = '0123456789';

test('kept characters stay where they are, all others of the alphabet change among themselves', () => {
  const [token] = maskWith(ff1({ alphabet: digits, keep: '-. ' }), '593-47.59 28');
  expect(token).toMatch(/^\d{3}-\d\d\.\d\d \d\d$/);
});

test('a character that is neither of the alphabet nor kept is refused, never passed on', () => {
  const refused = { refused: 'outside_alphabet' };
  expect(maskWith(ff1({ alphabet: digits }), '593-47-5928', '１２３４５６７', '1234567x')).toEqual([
    refused,
    refused,
    refused,
  ]);
});

test.each([
  [digits, '12345', '123456'],
  ['01', '0'.repeat(19), '0101'.repeat(5)],
  ['0123456789abcdef', 'abcd', 'abcde'],
  ['0123456789abcdefghijklmnopqrstuvwxyz', 'abc', 'abcd'],
])('of the alphabet %s, %s has fewer than a million like it and is refused; %s is not', (alphabet, short, enough) => {
  const [refused, token] = maskWith(ff1({ alphabet }), short, enough);
  expect(refused).toEqual({ refused: 'domain_too_small' });
  expect(token).toHaveLength(enough.length);
});

test('kept characters do not count towards the million', () => {
  expect(maskWith(ff1({ alphabet: digits, keep: '-' }), '1-2-3-4-5')).toEqual([{ refused: 'domain_too_small' }]);
});

test('longer than declared is refused', () => {
  const [fits, refused] = maskWith(ff1({ alphabet: digits, maxLength: 8 }), '12345678', '123456789');
  expect([isRefusal(fits), refused]).toEqual([false, { refused: 'too_long' }]);
});

test('a value that its key maps to itself is refused: it would be loaded unmasked', () => {
  // Found by masking all million numbers of six digits: a random permutation has one such number, give or take one.
  expect(maskWith(ff1({ alphabet: digits, keep: '-' }), '819639', '819-639', '819638')).toEqual([
    { refused: 'masked_as_itself' },
    { refused: 'masked_as_itself' },
    expect.stringMatching(/^\d{6}$/),
  ]);
});

test('truncate: the network, in CIDR, and nothing of the host', () => {
  const mask = { plain: truncate(), coarse: truncate({ v4: 13, v6: 9 }) };
  const masker = createMasker({ mask, keys: [] });
  const values = ['198.51.100.77', '255.255.255.255', '::1', '2001:db8:aa:bb:cc::1', '::ffff:10.0.0.9'];
  expect(masker.mask('plain', values)).toEqual([
    '198.51.100.0/24',
    '255.255.255.0/24',
    '::/48',
    '2001:db8:aa::/48',
    '10.0.0.0/24',
  ]);
  expect(masker.mask('coarse', values)).toEqual(['198.48.0.0/13', '255.248.0.0/13', '::/9', '2000::/9', '10.0.0.0/13']);
  expect(masker.keys()).toEqual([]);
});

test('ipcrypt-pfx: neighbours stay neighbours, and families families', () => {
  const masker = createMasker({ mask: { ip: ipcryptPfx() }, keys: keysNamed('one') });
  const [one, other, third] = ['198.51.100.1', '198.51.100.2', '2001:db8::1'].map((ip) => tokenOf(masker, 'ip', ip));
  const network = one?.split('.').slice(0, 3).join('.');
  expect(other?.split('.').slice(0, 3).join('.')).toBe(network);
  expect(one).not.toBe(other);
  expect(third).toContain(':');
});
