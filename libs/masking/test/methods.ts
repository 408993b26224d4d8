import { createHash, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { ff1, hmac, ipcryptDet, ipcryptPfx, type MaskSpec, redact, rsa, siv, truncate, vault } from '@masque/pipeline';
import * as fc from 'fast-check';
import type { MaskKey, UnmaskKeys } from '../src/keys.ts';
import { golden, goldenKeys } from './golden.ts';

/** What a method promises; the conformance suite asks whether it keeps it. */
export interface MethodCase {
  readonly name: string;
  readonly spec: MaskSpec;
  /** Values that the method takes. */
  readonly values: fc.Arbitrary<string>;
  /** One whose token is as long as tokens get. */
  readonly longest: string;
  /** Different values, different tokens. */
  readonly injective: boolean;
  /** Fields share no tokens, keys neither. */
  readonly separated: boolean;
  /** Who brings a value back: the token alone, the token in its field, the token with its entry, nobody. */
  readonly back: 'token' | 'field' | 'entry' | 'nobody';
  /** A token does not hold its value. Not of `truncate`: `10.0.0.0` is all there is to see of its network. */
  readonly hides: boolean;
}

const addresses = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('10.0.0.1', '10.0.0.2', '::1', '2001:db8::1'));
const texts = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 24 }),
    fc.string({ minLength: 5, maxLength: 40 }),
    fc.constantFrom('593-47-5928', '593-47-5929', 'a', 'A', '\u00e5'),
  )
  .filter((text) => text.trim() !== '');
const numbers = fc.nat(999_999_999).map((number) => {
  const digits = String(number).padStart(9, '0');
  return `${digits.slice(0, 3)}-${digits.slice(3, 5)}-${digits.slice(5)}`;
});
const hexes = fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: 5, maxLength: 40 });

const whole = { injective: true, separated: true, hides: true } as const;
const v6 = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

export const cases: readonly MethodCase[] = [
  { name: 'rsa, address', spec: rsa('address'), values: addresses, longest: '::', back: 'token', ...whole },
  { name: 'rsa, text', spec: rsa('text'), values: texts, longest: 'x'.repeat(318), back: 'token', ...whole },
  { name: 'vault, address', spec: vault('address'), values: addresses, longest: '::', back: 'entry', ...whole },
  { name: 'vault, text', spec: vault('text'), values: texts, longest: 'x'.repeat(318), back: 'entry', ...whole },
  { name: 'siv, address', spec: siv('address'), values: addresses, longest: '::', back: 'token', ...whole },
  { name: 'siv, text', spec: siv('text'), values: texts, longest: 'x'.repeat(159), back: 'token', ...whole },
  {
    name: 'siv, long text',
    spec: siv('text', { maxBytes: 480 }),
    values: texts,
    longest: '€'.repeat(160),
    back: 'token',
    ...whole,
  },
  { name: 'hmac, address', spec: hmac('address'), values: addresses, longest: '::', back: 'nobody', ...whole },
  { name: 'hmac, text', spec: hmac('text'), values: texts, longest: 'x'.repeat(9_999), back: 'nobody', ...whole },
  {
    name: 'ff1, digits and dashes',
    spec: ff1({ alphabet: '0123456789', keep: '-', maxLength: 20 }),
    values: numbers,
    longest: '1234-5678-9012-34567',
    back: 'field',
    ...whole,
  },
  {
    name: 'ff1, hexadecimal',
    spec: ff1({ alphabet: '0123456789abcdef', maxLength: 64 }),
    values: hexes,
    longest: 'f'.repeat(64),
    back: 'field',
    ...whole,
  },
  { name: 'ipcrypt-det', spec: ipcryptDet(), values: addresses, longest: '198.51.100.5', back: 'field', ...whole },
  { name: 'ipcrypt-pfx', spec: ipcryptPfx(), values: addresses, longest: '2001:db8::1', back: 'field', ...whole },
  {
    name: 'truncate',
    spec: truncate(),
    values: addresses,
    longest: v6,
    back: 'nobody',
    injective: false,
    separated: false,
    hides: false,
  },
  {
    name: 'truncate, coarser',
    spec: truncate({ v4: 13, v6: 9 }),
    values: addresses,
    longest: '255.255.255.255',
    back: 'nobody',
    injective: false,
    separated: false,
    hides: false,
  },
  ...[null, '(removed)'].map((as) => ({
    name: `redact as ${as}`,
    spec: redact({ as }),
    values: fc.string({ unit: 'binary' }),
    longest: 'anything',
    back: 'nobody' as const,
    injective: false,
    separated: false,
    hides: true,
  })),
];

const { unmaskKeys } = await goldenKeys();
const [entry] = golden.mask.keys;

/** A key of every method; the same each time for the same name, so that tokens can be frozen. */
export function keysNamed(name: string): readonly MaskKey[] {
  const secret = (method: string): KeyObject =>
    createSecretKey(createHash('sha256').update(`${name} ${method}`).digest());
  const publicKey = createPublicKey(entry.publicKey);
  const status = 'PRIMARY';
  return [
    { kid: 'rsa234', method: 'rsa', status, publicKey, prfSecret: secret('rsa') },
    { kid: 'vault2', method: 'vault', status, publicKey, prfSecret: secret('vault') },
    { kid: 'siv234', method: 'siv', status, secret: secret('siv') },
    { kid: 'hmac23', method: 'hmac', status, secret: secret('hmac') },
    { kid: 'ff1234', method: 'ff1', status, secret: secret('ff1') },
    { kid: 'ipdet2', method: 'ipcrypt-det', status, secret: secret('ipcrypt-det') },
    { kid: 'ippfx2', method: 'ipcrypt-pfx', status, secret: secret('ipcrypt-pfx') },
  ];
}

export const privateKeys: UnmaskKeys = unmaskKeys.flatMap((key) => [
  { ...key, kid: 'rsa234', method: 'rsa' as const },
  { ...key, kid: 'vault2', method: 'vault' as const },
]);
