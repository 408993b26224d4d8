import { createSecretKey, generateKeyPairSync, publicEncrypt, constants, randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PublicMaskKey, UnmaskKey } from '../src/keys.ts';
import { createMasker } from '../src/masker.ts';
import { parseToken } from '../src/token.ts';
import { createUnmasker } from '../src/unmasker.ts';
import { golden, goldenKeys, mask, tokenOf } from './golden.ts';

const { maskKeys, unmaskKeys } = await goldenKeys();
const [maskKey] = maskKeys as [PublicMaskKey];
const [unmaskKey] = unmaskKeys as [UnmaskKey];
const unmasker = createUnmasker({ mask, maskKeys, unmaskKeys });
const masker = createMasker({ mask, keys: maskKeys });
const good = golden.tokens[0]!.token;
const { kid } = maskKey;
const code = (name: string): unknown => expect.objectContaining({ name: 'Fault', code: name });

test('every golden token is unmasked, to its field and canonical value', async () => {
  for (const { field, value, token } of golden.tokens) {
    const canonical = value.replace('::ffff:', '');
    expect(await unmasker.unmask(token)).toEqual({ field, kid, value: canonical });
    expect(await unmasker.unmask(token, field)).toEqual({ field, kid, value: canonical });
  }
});

test('what was masked is unmasked', async () => {
  const device = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((text) => text.trim() !== '');
  await fc.assert(
    fc.asyncProperty(device, async (text) => {
      const token = tokenOf(masker, 'device_id', text);
      expect(await unmasker.unmask(token)).toEqual({ field: 'device_id', kid, value: text.trim().normalize('NFC') });
    }),
    { numRuns: 60 },
  );
});

test('a token found in another field’s column', async () => {
  await expect(unmasker.unmask(good, 'device_id')).rejects.toThrow(code('token_wrong_field'));
  await expect(unmasker.unmask(good, 'device_id')).rejects.toThrow(
    'the token is of the field "ip", not of "device_id"',
  );
});

const body = good.split('.')[2] ?? '';
const last = body.at(-1) ?? '';
// 3072 bits are 512 characters with no bits left over; 2048 bits leave four, so that case has a text of its own below.
test.each([
  ['empty', ''],
  ['a plain value', '199.172.111.135'],
  ['cut off', good.slice(0, 255)],
  ['with a space', ` ${good}`],
  ['with a line break', `${good}\n`],
  ['a foreign character inside', `rsa1.${kid}.${body.slice(0, 9)}!${body.slice(10)}`],
  ['another method', good.replace('rsa1', 'rsa2')],
  ['upper case', good.replace('rsa1', 'RSA1')],
  ['a key id that is none', good.replace(kid, 'ABCDE1')],
  ['without a body', `rsa1.${kid}.`],
  ['four parts', `${good}.${last}`],
])('malformed: %s', async (_, token) => {
  await expect(unmasker.unmask(token)).rejects.toThrow(code('token_malformed'));
});

test.each<[string, string]>([
  ['of the plain alphabet', `${body.slice(0, -1)}+`],
  ['padded', `${body}=`],
  ['with a character more', `${body}A`],
  ['one character short', body.slice(0, -1)],
  ['of a length that no bytes have', body.slice(0, -3)],
])('not canonical: base64 %s', async (_, other) => {
  await expect(unmasker.unmask(`rsa1.${kid}.${other}`)).rejects.toThrow(code('token_not_canonical'));
});

test('not canonical: trailing bits that mean nothing, where a length has them', () => {
  const zeros = `rsa1.${kid}.${'A'.repeat(341)}`;
  expect(parseToken(`${zeros}A`).body).toHaveLength(256);
  for (const trailing of ['B', 'P', '_'])
    expect(() => parseToken(`${zeros}${trailing}`)).toThrow(code('token_not_canonical'));
});

test('tokens are one to one with their texts', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('A', 'B', '_', '-', '=', '+', '.', ' '), maxLength: 8 }), (text) => {
      let parsed: Buffer | undefined;
      try {
        parsed = parseToken(`rsa1.${kid}.${text}`).body;
      } catch {
        parsed = undefined;
      }
      expect(parsed?.toString('base64url') ?? text).toBe(text);
    }),
    { numRuns: 1_000 },
  );
});

test('a key that is not here', async () => {
  const other = good.replace(kid, kid === 'aaaaaa' ? 'bbbbbb' : 'aaaaaa');
  await expect(unmasker.unmask(other)).rejects.toThrow(code('token_key_unknown'));
  await expect(createUnmasker({ mask, maskKeys, unmaskKeys: [] }).unmask(good)).rejects.toThrow(
    code('token_key_unknown'),
  );
});

test('forged: any changed bit', async () => {
  const { body } = parseToken(good);
  await fc.assert(
    fc.asyncProperty(fc.nat(body.length * 8 - 1), async (bit) => {
      const changed = Buffer.from(body);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expect(unmasker.unmask(`rsa1.${kid}.${changed.toString('base64url')}`)).rejects.toThrow(
        code('token_forged'),
      );
    }),
    { numRuns: 60 },
  );
});

test('forged: what anyone can make who has the public key alone', async () => {
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
  for (const value of [Buffer.from('199.172.111.135'), Buffer.from([0xff, 0xfe]), Buffer.alloc(0)]) {
    const body = publicEncrypt({ key: maskKey.publicKey, ...padding }, value).toString('base64url');
    await expect(unmasker.unmask(`rsa1.${kid}.${body}`)).rejects.toThrow(code('token_forged'));
  }
});

test('forged: made for a field that the pipeline does not have, or with another secret', async () => {
  const stranger = createMasker({ mask: { email: mask.device_id }, keys: maskKeys });
  await expect(unmasker.unmask(tokenOf(stranger, 'email', 'a@example.org'))).rejects.toThrow(code('token_forged'));
  const otherSecret = [{ ...maskKey, prfSecret: createSecretKey(randomBytes(32)) }];
  const other = createMasker({ mask, keys: otherSecret });
  await expect(unmasker.unmask(tokenOf(other, 'ip', '10.0.0.1'))).rejects.toThrow(code('token_forged'));
});

test('no fault of a token quotes it or its value', async () => {
  for (const [token, field] of [
    [good, 'device_id'],
    [`${good.slice(0, -4)}AAAA`, undefined],
    ['10.9.8.7', undefined],
  ] as const) {
    let thrown: unknown;
    try {
      await unmasker.unmask(token, field);
    } catch (error) {
      thrown = error;
    }
    const words = `${(thrown as Error).stack} ${JSON.stringify(thrown)}`;
    expect(words).toContain('token_');
    expect(words).not.toMatch(/199\.172|10\.9\.8\.7/);
    expect(words).not.toContain(body.slice(0, 12));
  }
});

test('a private key without its mask key is refused at start', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  for (const others of [[], [{ ...maskKey, kid: 'other2' }], [{ ...maskKey, publicKey }]]) {
    expect(() => createUnmasker({ mask, maskKeys: others, unmaskKeys: [unmaskKey] })).toThrow(
      code('key_pair_mismatch'),
    );
  }
});
