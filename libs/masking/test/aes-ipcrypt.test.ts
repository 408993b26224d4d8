import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { packAddresses, unpackAddresses } from '../src/address-bytes.ts';
import { addressText } from '../src/address.ts';
import { createIpcryptDet, createIpcryptPfx } from '../src/aes-ipcrypt.ts';

const vectors = readFileSync(new URL('vectors/draft-denis-ipcrypt-13.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split(' ') as [string, string, string, string]);

test('all vectors of the draft are there', () => {
  expect(vectors).toHaveLength(19);
});

test.each(vectors)('draft-denis-ipcrypt, %s under %s: %s', (method, key, address, encrypted) => {
  const create = method === 'det' ? createIpcryptDet : createIpcryptPfx;
  const { encrypt, decrypt } = create(Buffer.from(key, 'hex'));
  expect(unpackAddresses(encrypt(packAddresses([address])))).toEqual([encrypted]);
  expect(unpackAddresses(decrypt(packAddresses([encrypted])))).toEqual([address]);
});

const address = fc
  .oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('10.0.0.1', '10.0.0.2', '2001:db8::1', '2001:db8::2', '::'))
  .map((text) => addressText(text) ?? '');

test.each([
  ['det', createIpcryptDet, 16],
  ['pfx', createIpcryptPfx, 32],
] as const)('%s: a batch is its addresses one by one, and comes back', (_, create, keyBytes) => {
  fc.assert(
    fc.property(fc.array(address, { maxLength: 12 }), (addresses) => {
      const { encrypt, decrypt } = create(randomBytes(keyBytes));
      const packed = packAddresses(addresses);
      const made = encrypt(packed);
      expect(made).toEqual(Buffer.concat(addresses.map((one) => encrypt(packAddresses([one])))));
      expect(decrypt(made)).toEqual(packed);
      expect(packed).toEqual(packAddresses(addresses));
    }),
    { numRuns: 200 },
  );
});

function bitsOf(packed: Buffer): string {
  return Array.from(packed, (byte) => byte.toString(2).padStart(8, '0')).join('');
}

/** Bits that two packed addresses have in common from the front. */
function common(one: Buffer, other: Buffer): number {
  const [a, b] = [bitsOf(one), bitsOf(other)];
  const at = Array.from(a).findIndex((bit, index) => bit !== b[index]);
  return at === -1 ? 128 : at;
}

test('pfx: exactly as long a prefix in common after as before', () => {
  const { encrypt } = createIpcryptPfx(randomBytes(32));
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(127), fc.boolean(), (bytes, bit, isV4) => {
      const one = isV4
        ? Buffer.concat([Buffer.from('00000000000000000000ffff', 'hex'), bytes.subarray(12)])
        : Buffer.from(bytes);
      const other = Buffer.from(one);
      const changed = isV4 ? 96 + (bit % 32) : bit;
      other[changed >> 3]! ^= 0x80 >> (changed & 7);
      expect(common(encrypt(one), encrypt(other))).toBe(changed);
    }),
    { numRuns: 300 },
  );
});

test('addresses go to bytes and back', () => {
  fc.assert(
    fc.property(fc.array(address), (addresses) => {
      expect(unpackAddresses(packAddresses(addresses))).toEqual(addresses);
    }),
  );
  expect(packAddresses(['198.51.100.7']).toString('hex')).toBe('00000000000000000000ffffc6336407');
  expect(packAddresses(['2001:db8::a']).toString('hex')).toBe('20010db800000000000000000000000a');
});
