import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { hmac, vault } from '@masque/pipeline';
import { describe, expect, test } from 'vitest';
import { createEntryTranslator } from '../src/entry-translator.ts';
import { fingerprint } from '../src/fingerprint.ts';
import type { MaskKey, PublicMaskKey, UnmaskKey } from '../src/keys.ts';
import { createMasker } from '../src/masker.ts';
import type { TranslatorOptions } from '../src/translator.ts';
import { createUnmasker } from '../src/unmasker.ts';
import type { VaultEntries } from '../src/vault-entries.ts';

const code = (name: string): unknown => expect.objectContaining({ name: 'Fault', code: name });
const mask = { ip: vault('address', { bits: 2048 }), device: vault('text', { bits: 2048 }) };
const secret = createSecretKey(randomBytes(32));

function pair(kid: string, status: MaskKey['status'], over: Partial<PublicMaskKey> = {}) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const masking: PublicMaskKey = { kid, method: 'vault', status, publicKey, prfSecret: secret, ...over };
  const unmasking: UnmaskKey = { kid, method: 'vault', status, privateKey };
  return { masking, unmasking };
}

const first = pair('first2', 'ENABLED');
const next = pair('next22', 'PRIMARY', { tokenKid: 'first2' });
const stranger = pair('other2', 'PRIMARY', { prfSecret: createSecretKey(randomBytes(32)) });
const keys = { maskKeys: [first.masking, next.masking], unmaskKeys: [first.unmasking, next.unmasking] };
const open = (over: Partial<TranslatorOptions> = {}) =>
  createEntryTranslator({ mask, ...keys, from: 'first2', to: 'next22', ...over });

function masked(key: MaskKey, field: string, values: readonly string[]) {
  const entries: VaultEntries = new Map();
  const masker = createMasker({ mask, keys: [{ ...key, status: 'PRIMARY' }] });
  return masker.mask(field, values, entries).map((result) => {
    const token = typeof result === 'string' ? result : '';
    const { kid = '', ciphertext = '' } = entries.get(token) ?? {};
    return { token, kid, ciphertext: Buffer.from(ciphertext, 'base64') };
  });
}

const values = ['593-47-5928', 'é', 'x'.repeat(150)];
const [before, after] = [masked(first.masking, 'device', values), masked(next.masking, 'device', values)];

test('a vault key that follows another makes its tokens, with entries of its own', () => {
  expect(after.map(({ token }) => token)).toEqual(before.map(({ token }) => token));
  expect([...new Set(before.map(({ kid }) => kid)), ...new Set(after.map(({ kid }) => kid))]).toEqual([
    'first2',
    'next22',
  ]);
  expect(fingerprint(next.masking)).not.toBe(fingerprint({ ...next.masking, tokenKid: undefined }));
});

test('entries come out encrypted to the new key, and open without the old one', async () => {
  const made = await open().translate(before);
  const unmasker = createUnmasker({ mask, maskKeys: [next.masking], unmaskKeys: [next.unmasking] });
  for (const [at, { token, ciphertext }] of before.entries()) {
    const unmasked = { field: 'device', kid: 'first2', value: values[at] };
    expect(await unmasker.unmask(token, 'device', { entry: made[at]! })).toEqual(unmasked);
    await expect(unmasker.unmask(token, 'device', { entry: ciphertext })).rejects.toThrow(code('token_forged'));
  }
});

test('with both keys, entries of either open', async () => {
  const unmasker = createUnmasker({ mask, ...keys });
  for (const { token, ciphertext } of [...before, ...after]) {
    expect(values).toContain((await unmasker.unmask(token, undefined, { entry: ciphertext })).value);
  }
});

test('what is no entry of its token is left out, and its neighbours are not', async () => {
  const [one, other] = before as [(typeof before)[0], (typeof before)[0]];
  const made = await open().translate([
    { token: one.token, ciphertext: other.ciphertext },
    { token: one.token, ciphertext: randomBytes(256) },
    { token: one.token, ciphertext: Buffer.alloc(0) },
    { token: 'vlt1.first2.short', ciphertext: one.ciphertext },
    one,
  ]);
  expect(made.map((each) => each === undefined)).toEqual([true, true, true, true, false]);
});

describe('refused', () => {
  test.each([
    ['the same key twice', { to: 'first2' }, 'rekey_same_key'],
    ['a key that is not there', { from: 'nobody' }, 'token_key_unknown'],
    ['a new key that masks nothing', { from: 'next22', to: 'first2' }, 'rekey_not_primary'],
    ['a private key that is not there', { unmaskKeys: [next.unmasking] }, 'token_key_unknown'],
    [
      'a key of other tokens',
      { maskKeys: [first.masking, stranger.masking], unmaskKeys: [first.unmasking], to: 'other2' },
      'rekey_tokens_differ',
    ],
    [
      'a key of another method',
      {
        mask: { ...mask, more: hmac('text') },
        maskKeys: [...keys.maskKeys, { kid: 'hmackk', method: 'hmac', status: 'PRIMARY', secret }],
        to: 'hmackk',
      },
      'rekey_methods_differ',
    ],
  ] as const)('%s', (_, over, fault) => {
    expect(() => open(over)).toThrow(code(fault));
  });
});
