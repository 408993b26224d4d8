import { expect, test } from 'vitest';
import { hashPassword, isPasswordHash, matchesPassword } from '../src/index.ts';

test('a password matches its own hash, however its accents are composed, and no other', async () => {
  const hashed = await hashPassword('Caf\u00e9 au lait');
  expect(hashed).toMatch(/^scrypt-16-8-2\.[\w-]{22}\.[\w-]{43}$/);
  expect(isPasswordHash(hashed)).toBe(true);
  expect(await matchesPassword('Cafe\u0301 au lait', hashed)).toBe(true);
  expect(await matchesPassword('Cafe au lait', hashed)).toBe(false);
  expect(await hashPassword('Caf\u00e9 au lait')).not.toBe(hashed);
});

test('another implementation’s hash matches', async () => {
  const salt = Buffer.from('SodiumChloride\0\0').toString('base64url');
  // openssl kdf -keylen 32 -kdfopt pass:pleaseletmein -kdfopt hexsalt:536f6469756d43686c6f726964650000 \
  //   -kdfopt n:16384 -kdfopt r:8 -kdfopt p:1 SCRYPT
  expect(
    await matchesPassword('pleaseletmein', `scrypt-14-8-1.${salt}.99K9G--sWlvZUOVpr6Iz0Gq1VOJbRR1AJ_IUIBO-rqM`),
  ).toBe(true);
});

test.each([
  '',
  'secret',
  'scrypt-16-8-2.short.short',
  `scrypt-30-8-2.${'A'.repeat(22)}.${'A'.repeat(43)}`,
  `scrypt-10-8-1.${'A'.repeat(22)}.${'A'.repeat(43)}`,
  `scrypt-16-99-2.${'A'.repeat(22)}.${'A'.repeat(43)}`,
])('%s is no hash, and matches nothing', async (text) => {
  expect(isPasswordHash(text)).toBe(false);
  expect(await matchesPassword('', text)).toBe(false);
  expect(await matchesPassword('secret', text)).toBe(false);
});
