import { expect, test } from 'vitest';
import { rsa, type RsaBits, tokenLength } from '../src/index.ts';

test.each<[RsaBits, number]>([
  [2048, 12 + 342],
  [3072, 12 + 512],
  [4096, 12 + 683],
])('a token of RSA-%i is as long as its prefix and its ciphertext in base64url', (bits, length) => {
  const ciphertext = Buffer.alloc(bits / 8).toString('base64url');
  expect(tokenLength(rsa('text', { bits }))).toBe(`rsa1.abcdef.${ciphertext}`.length);
  expect(tokenLength(rsa('text', { bits }))).toBe(length);
});

test('RSA is of 3072 bits unless another size is asked for', () => {
  expect(rsa('address')).toEqual({ method: 'rsa', form: 'address', bits: 3072 });
  expect(rsa('text', { bits: 4096 })).toEqual({ method: 'rsa', form: 'text', bits: 4096 });
});
