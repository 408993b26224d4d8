import { createSecretKey, randomBytes } from 'node:crypto';
import { ff1, hmac, ipcryptDet, ipcryptPfx, redact, siv, truncate } from '@masque/pipeline';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MaskKey, SecretMaskKey } from '../src/keys.ts';
import { createMasker } from '../src/masker.ts';
import { createUnmasker } from '../src/unmasker.ts';
import { parseToken } from '../src/token.ts';
import { tokenOf } from './golden.ts';
import { keysNamed } from './methods.ts';

const mask = {
  ip: siv('address'),
  device: siv('text'),
  email: hmac('text'),
  number: ff1({ alphabet: '0123456789', keep: '-' }),
  det: ipcryptDet(),
  pfx: ipcryptPfx(),
  network: truncate(),
  note: redact({ as: 'x' }),
};
const maskKeys = keysNamed('one');
const masker = createMasker({ mask, keys: maskKeys });
const unmasker = createUnmasker({ mask, maskKeys, unmaskKeys: [] });
const code = (name: string): unknown => expect.objectContaining({ name: 'Fault', code: name });

test('siv: the field is found, and a token of another field’s column is told', async () => {
  const token = tokenOf(masker, 'device', 'Caf\u00e9');
  expect(await unmasker.unmask(token)).toEqual({ field: 'device', kid: 'siv234', value: 'Caf\u00e9' });
  await expect(unmasker.unmask(token, 'ip')).rejects.toThrow(code('token_wrong_field'));
});

test('siv: any changed bit is a forgery', async () => {
  const { kid, body } = parseToken(tokenOf(masker, 'ip', '198.51.100.7'));
  await fc.assert(
    fc.asyncProperty(fc.nat(body.length * 8 - 1), async (bit) => {
      const changed = Buffer.from(body);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      await expect(unmasker.unmask(`siv1.${kid}.${changed.toString('base64url')}`)).rejects.toThrow(
        code('token_forged'),
      );
    }),
  );
});

/** Latin-1 and zeros: what an attacker with the key would write. */
function block(text: string): Buffer {
  return Buffer.from(text.padEnd(16, '\0'), 'latin1');
}

test('siv: what a holder of the key can make that no masker makes is a forgery', async () => {
  const { createAesSiv } = await import('../src/aes-siv.ts');
  const { deriveKey } = await import('../src/derivation.ts');
  const { secret } = maskKeys.find(({ method }) => method === 'siv') as SecretMaskKey;
  const siv = createAesSiv(deriveKey(secret, 'masque/siv/v1', 64), [Buffer.from('device'), Buffer.from('siv234')]);
  const [plain, spaced] = siv.seal([block('a\u0080'), block(' a\u0080')]).map((one) => one.toString('base64url'));
  expect(await unmasker.unmask(`siv1.siv234.${plain}`)).toMatchObject({ value: 'a' });
  // It opens, and comes out the same; that nobody's canonical text begins with a space is not the unmasker's to know.
  expect(await unmasker.unmask(`siv1.siv234.${spaced}`)).toMatchObject({ value: ' a' });
  const odd = siv.seal([block('a'), block('a\u0080\0b'), block('\u00ff\u0080'), Buffer.alloc(32, 0x80)]);
  for (const one of odd) {
    await expect(unmasker.unmask(`siv1.siv234.${one.toString('base64url')}`)).rejects.toThrow(code('token_forged'));
  }
});

test('siv: of a length that none has', async () => {
  for (const bytes of [1, 16, 31, 33]) {
    const token = `siv1.siv234.${Buffer.alloc(bytes).toString('base64url')}`;
    await expect(unmasker.unmask(token)).rejects.toThrow(code('token_malformed'));
  }
});

test.each(['email', 'network', 'note'])('%s: nobody unmasks it', async (field) => {
  await expect(unmasker.unmask(tokenOf(masker, field, '198.51.100.7'), field)).rejects.toThrow(
    code('token_irreversible'),
  );
});

test('hmac: nobody unmasks it, whether the field is told or not; a foreign key is told as such', async () => {
  const token = tokenOf(masker, 'email', 'a@example.org');
  await expect(unmasker.unmask(token)).rejects.toThrow(code('token_irreversible'));
  await expect(unmasker.unmask(token.replace('hmac23', 'aaaaaa'))).rejects.toThrow(code('token_key_unknown'));
  await expect(unmasker.unmask(token.replace('hmac1', 'siv1'))).rejects.toThrow(code('token_key_unknown'));
});

test('tokens shaped like values: their field must be told', async () => {
  const token = tokenOf(masker, 'number', '593-47-5928');
  expect(await unmasker.unmask(token, 'number')).toEqual({ field: 'number', kid: 'ff1234', value: '593-47-5928' });
  await expect(unmasker.unmask(token)).rejects.toThrow(code('token_malformed'));
  expect(unmasker.describe(token)).toBeUndefined();
});

test.each([
  ['number', '12-345'],
  ['number', '12a4567'],
  ['det', '10.0.0.1/8'],
  ['det', '2001:DB8::1'],
  ['pfx', 'nonsense'],
])('tokens shaped like values: %s %s is none', async (field, token) => {
  await expect(unmasker.unmask(token, field)).rejects.toThrow(code('token_malformed'));
});

test('tokens shaped like values: with two keys, one must be told', async () => {
  const second: MaskKey = { kid: 'second', method: 'ff1', status: 'ENABLED', secret: createSecretKey(randomBytes(32)) };
  const both = createUnmasker({ mask, maskKeys: [...maskKeys, second], unmaskKeys: [] });
  const token = tokenOf(masker, 'number', '593-47-5928');
  await expect(both.unmask(token, 'number')).rejects.toThrow(code('token_key_ambiguous'));
  expect(await both.unmask(token, 'number', { kid: 'ff1234' })).toMatchObject({ value: '593-47-5928' });
  expect((await both.unmask(token, 'number', { kid: 'second' })).value).not.toBe('593-47-5928');
  await expect(both.unmask(token, 'number', { kid: 'absent' })).rejects.toThrow(code('token_key_unknown'));
});
