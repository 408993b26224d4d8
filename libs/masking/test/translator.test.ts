import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { ff1, hmac, type MaskSpec, rsa, siv, vault } from '@masque/pipeline';
import { describe, expect, test } from 'vitest';
import type { MaskKey, UnmaskKey } from '../src/keys.ts';
import { createMasker } from '../src/masker.ts';
import { createTranslator, type TranslatorOptions } from '../src/translator.ts';
import { tokenOf } from './golden.ts';

const code = (name: string): unknown => expect.objectContaining({ name: 'Fault', code: name });

function rsaPair(kid: string, status: MaskKey['status'], method: 'rsa' | 'vault' = 'rsa') {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const mask: MaskKey = { kid, method, status, publicKey, prfSecret: createSecretKey(randomBytes(32)) };
  const unmask: UnmaskKey = { kid, method, status, privateKey };
  return { mask, unmask };
}

function secretKey(kid: string, status: MaskKey['status'], method: 'siv' | 'hmac' | 'ff1'): MaskKey {
  return { kid, method, status, secret: createSecretKey(randomBytes(32)) };
}

const [oldRsa, newRsa] = [rsaPair('oldrsa', 'ENABLED'), rsaPair('newrsa', 'PRIMARY')];
const [oldSiv, newSiv] = [secretKey('oldsiv', 'ENABLED', 'siv'), secretKey('newsiv', 'PRIMARY', 'siv')];
const bits = { bits: 2048 } as const;
const mask = {
  ip: rsa('address', bits),
  device: rsa('text', bits),
  host: siv('address'),
  name: siv('text'),
} satisfies Record<string, MaskSpec>;
const maskKeys = [oldRsa.mask, newRsa.mask, oldSiv, newSiv];
const unmaskKeys = [oldRsa.unmask, newRsa.unmask];
const asPrimary = (...keys: readonly MaskKey[]): MaskKey[] =>
  Array.from(keys, (key) => ({ ...key, status: 'PRIMARY' }));
const before = createMasker({ mask, keys: asPrimary(oldRsa.mask, oldSiv) });
const after = createMasker({ mask, keys: [newRsa.mask, newSiv] });
const open = (over: Partial<TranslatorOptions> = {}) =>
  createTranslator({ mask, maskKeys, unmaskKeys, from: 'oldrsa', to: 'newrsa', ...over });

const values = {
  ip: ['198.51.100.1', '198.51.100.2', '2001:db8::1'],
  device: ['593-47-5928', 'é', 'a'.repeat(150)],
  host: ['198.51.100.1', '2001:db8::1'],
  name: ['', 'Ω', 'b'.repeat(159)].filter((text) => text !== ''),
};

describe.each([
  ['rsa', { from: 'oldrsa', to: 'newrsa' }, ['ip', 'device']],
  ['siv', { from: 'oldsiv', to: 'newsiv' }, ['host', 'name']],
] as const)('tokens of %s', (method, kids, fields) => {
  const translator = open(kids);

  test('become those that the new key makes of the same value, whatever field they are of', async () => {
    expect(translator.fields).toEqual(fields);
    const pairs = fields.flatMap((field) =>
      values[field].map((value) => ({ old: tokenOf(before, field, value), made: tokenOf(after, field, value) })),
    );
    expect(await translator.translate(pairs.map(({ old }) => old))).toEqual(pairs.map(({ made }) => made));
    expect(pairs.every(({ old }) => old.startsWith(translator.prefix))).toBe(true);
  });

  test('that the old key did not make become nothing, and disturb no neighbour', async () => {
    const [field] = fields;
    const good = tokenOf(before, field, '198.51.100.9');
    const bad = [
      tokenOf(after, field, '198.51.100.9'),
      good.replace(/.{8}$/, good.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA'),
      good.slice(0, -4),
      `${translator.prefix}198.51.100.9`,
      '198.51.100.9',
      '',
    ];
    expect(await translator.translate([...bad, good])).toEqual([
      ...bad.map(() => undefined),
      tokenOf(after, field, '198.51.100.9'),
    ]);
    expect(await translator.translate([])).toEqual([]);
  });

  test('say which keys', () => {
    expect(translator).toMatchObject({ from: { kid: kids.from, method }, to: { kid: kids.to, method } });
    expect(translator.from.fingerprint).not.toBe(translator.to.fingerprint);
  });
});

test('a body made with the public key and a seed of chance does not become a token', async () => {
  const stranger = { ...oldRsa.mask, prfSecret: createSecretKey(randomBytes(32)) } as MaskKey;
  const forged = tokenOf(createMasker({ mask: { ip: mask.ip }, keys: asPrimary(stranger) }), 'ip', '198.51.100.1');
  expect(await open().translate([forged])).toEqual([undefined]);
});

describe('refused', () => {
  test.each([
    ['the same key twice', { to: 'oldrsa' }, 'rekey_same_key'],
    ['a key that is not there', { from: 'nobody' }, 'token_key_unknown'],
    ['a new key that masks nothing', { from: 'newrsa', to: 'oldrsa' }, 'rekey_not_primary'],
    ['keys of two methods', { to: 'newsiv' }, 'rekey_methods_differ'],
    ['a private key that is not there', { unmaskKeys: [newRsa.unmask] }, 'token_key_unknown'],
    ['a key pair of two keys', { unmaskKeys: [{ ...oldRsa.unmask, kid: 'newrsa' }] }, 'key_pair_mismatch'],
    [
      'a key out of use',
      { maskKeys: [newRsa.mask], refused: [{ kid: 'oldrsa', method: 'rsa', status: 'DISABLED' }] },
      'token_key_disabled',
    ],
  ] as const)('%s', (_, over, fault) => {
    expect(() => open(over)).toThrow(code(fault));
  });

  const [one, other] = [rsaPair('oldvlt', 'ENABLED', 'vault'), rsaPair('newvlt', 'PRIMARY', 'vault')];
  test.each([
    [
      'hmac',
      hmac('text'),
      [secretKey('oldone', 'ENABLED', 'hmac'), secretKey('newone', 'PRIMARY', 'hmac')],
      'rekey_irreversible',
    ],
    [
      'ff1',
      ff1({ alphabet: '0123456789' }),
      [secretKey('oldone', 'ENABLED', 'ff1'), secretKey('newone', 'PRIMARY', 'ff1')],
      'rekey_unnamed',
    ],
    ['vault', vault('text', bits), [one.mask, other.mask], 'rekey_vault'],
  ] as const)('%s, with the reason', (_, spec, keys, fault) => {
    const kids = { from: keys[0].kid, to: keys[1].kid };
    expect(() => createTranslator({ mask: { field: spec }, maskKeys: keys, unmaskKeys: [], ...kids })).toThrow(
      code(fault),
    );
  });
});
