import { expect, test } from 'vitest';
import {
  ff1,
  hmac,
  ipcryptDet,
  ipcryptPfx,
  type MaskSpec,
  redact,
  rsa,
  type RsaBits,
  siv,
  tokenLength,
  truncate,
  vault,
} from '../src/index.ts';
import { aSpec, faultsOf, someColumns } from './definition.ts';

test.each<[RsaBits, number]>([
  [2048, 12 + 342],
  [3072, 12 + 512],
  [4096, 12 + 683],
])('a token of RSA-%i is as long as its prefix and its ciphertext in base64url', (bits, length) => {
  const ciphertext = Buffer.alloc(bits / 8).toString('base64url');
  expect(tokenLength(rsa('text', { bits }))).toBe(`rsa1.abcdef.${ciphertext}`.length);
  expect(tokenLength(rsa('text', { bits }))).toBe(length);
});

const body = (bytes: number): string => Buffer.alloc(bytes).toString('base64url');

test.each<[MaskSpec, string]>([
  [vault('text'), `vlt1.abcdef.${body(32)}`],
  [vault('address', { bits: 4096 }), `vlt1.abcdef.${body(32)}`],
  [siv('address'), `siv1.abcdef.${body(32)}`],
  [siv('text', { maxBytes: 15 }), `siv1.abcdef.${body(32)}`],
  [siv('text', { maxBytes: 16 }), `siv1.abcdef.${body(48)}`],
  [siv('text'), `siv1.abcdef.${body(16 + 160)}`],
  [hmac('text'), `hmac1.abcdef.${body(32)}`],
  [ff1({ alphabet: '01', maxLength: 33 }), '0'.repeat(33)],
  [ipcryptDet(), 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  [ipcryptPfx(), 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  [truncate(), 'ffff:ffff:ffff::/48'],
  [truncate({ v6: 16 }), '255.255.255.0/24'],
  [truncate({ v4: 9, v6: 1 }), '255.128.0.0/9'],
  [truncate({ v4: 1, v6: 17 }), 'ffff:8000::/17'],
  [redact({ as: '(removed)' }), '(removed)'],
  [redact(), ''],
])('the longest token of %j is as long as %s', (spec, longest) => {
  expect(tokenLength(spec)).toBe(longest.length);
});

test('defaults', () => {
  expect(rsa('address')).toEqual({ method: 'rsa', form: 'address', bits: 3072 });
  expect(rsa('text', { bits: 4096 })).toEqual({ method: 'rsa', form: 'text', bits: 4096 });
  expect(vault('text')).toEqual({ method: 'vault', form: 'text', bits: 3072 });
  expect(truncate()).toEqual({ method: 'truncate', form: 'address', v4: 24, v6: 48 });
  expect(redact()).toEqual({ method: 'redact', form: 'opaque', as: null });
  // What the page on masking says: a text's token fits the column that an RSA token does not.
  expect(tokenLength(siv('text'))).toBeLessThanOrEqual(256);
});

/** The faults of a definition that masks `device` so; its columns have room for anything. */
function faultsOfMask(device: unknown): readonly string[] {
  const columns = someColumns({ device_token: { type: 'text', token: 'device' } });
  return faultsOf(aSpec({ mask: { ip: rsa('address'), device }, target: { table: 't', columns } }));
}

test.each<MaskSpec>([
  vault('text', { bits: 2048 }),
  siv('text', { maxBytes: 4_096 }),
  hmac('address'),
  ff1({ alphabet: '01', maxLength: 20 }),
  ff1({ alphabet: '0123456789', keep: '- ./', maxLength: 6 }),
  ipcryptDet(),
  ipcryptPfx(),
  truncate({ v4: 1, v6: 1 }),
  redact({ as: '' }),
  redact({ as: 'x'.repeat(1_024) }),
])('the mask %j is taken', (spec) => {
  expect(faultsOfMask(spec)).toEqual([]);
});

const alphabet = 'takes an alphabet that is not 2 to 94 different printable ASCII characters without space';
const keep = 'keeps characters that are in the alphabet, repeated, or not printable ASCII';
const as = 'takes an as that is neither null nor a text of at most 1,024 characters';

test.each<[unknown, string]>([
  [{ ...vault('text'), bits: 1024 }, 'says nothing that can be done to it'],
  [{ ...hmac('text'), form: 'opaque' }, 'says nothing that can be done to it'],
  [{ ...ipcryptDet(), form: 'text' }, 'says nothing that can be done to it'],
  [{ ...truncate(), form: 'text' }, 'says nothing that can be done to it'],
  [{ ...redact(), form: 'text' }, 'says nothing that can be done to it'],
  [{ ...siv('text'), form: 'phone' }, 'says nothing that can be done to it'],
  [{ ...ff1({ alphabet: '0123456789' }), form: 'address' }, 'says nothing that can be done to it'],
  [siv('text', { maxBytes: 0 }), 'takes a maxBytes that is not 1 to 4,096'],
  [siv('text', { maxBytes: 4_097 }), 'takes a maxBytes that is not 1 to 4,096'],
  [ff1({ alphabet: '0' }), alphabet],
  [ff1({ alphabet: '00' }), alphabet],
  [ff1({ alphabet: '0 1' }), alphabet],
  [ff1({ alphabet: 'aä' }), alphabet],
  [ff1({ alphabet: '01', keep: '1' }), keep],
  [ff1({ alphabet: '01', keep: '--' }), keep],
  [ff1({ alphabet: '01', keep: '\u2013' }), keep],
  [ff1({ alphabet: '0123456789', maxLength: 1_025 }), 'takes a maxLength that is not 1 to 1,024'],
  [
    ff1({ alphabet: '0123456789', maxLength: 5 }),
    'takes a maxLength so short that no value would have a million possible ones',
  ],
  [truncate({ v4: 25 }), 'takes a v4 that is not 1 to 24 bits'],
  [truncate({ v4: 0 }), 'takes a v4 that is not 1 to 24 bits'],
  [truncate({ v6: 49 }), 'takes a v6 that is not 1 to 48 bits'],
  [truncate({ v6: 12.5 }), 'takes a v6 that is not 1 to 48 bits'],
  [{ ...redact(), as: 7 }, as],
  [redact({ as: 'x'.repeat(1_025) }), as],
  [redact({ as: '\ud800' }), as],
  [redact({ as: 'a\0' }), as],
])('the mask %j is refused', (spec, fault) => {
  expect(faultsOfMask(spec)).toContain(`the mask of the field "device" ${fault}`);
});

test('a column too narrow for the method’s tokens is refused', () => {
  const columns = someColumns({ device_token: { type: 'varchar(54)', token: 'device' } });
  const mask = { ip: rsa('address'), device: vault('text') };
  expect(faultsOf(aSpec({ mask, target: { table: 't', columns } }))).toEqual([
    'column "device_token" is varchar(54), but tokens of "device" have up to 55 characters',
  ]);
});
