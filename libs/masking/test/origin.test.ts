import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MaskKeys } from '../src/keys.ts';
import { createOriginKeys } from '../src/origin.ts';

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

function someKeys(kid: string): MaskKeys {
  return [{ kid, method: 'rsa', status: 'PRIMARY', publicKey, prfSecret: createSecretKey(randomBytes(32)) }];
}

describe('an origin', () => {
  const keys = someKeys('aaaaaa');
  const origins = createOriginKeys('logins', keys);
  const origin = { id: '0b0a6e2c-7f44-4a52-9c0f-5c0f6a9f3b11', sentAt: 1_795_437_414_341 };

  it('comes back as it was signed', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.integer({ min: 0, max: 2 ** 45 }), (id, sentAt) => {
        expect(origins.verify(origins.sign({ id, sentAt }))).toEqual({ id, sentAt });
      }),
    );
  });

  it('is known after a key was added, and to nobody with other keys or for another pipeline', () => {
    const text = origins.sign(origin);
    expect(createOriginKeys('logins', [...someKeys('bbbbbb'), ...keys]).verify(text)).toEqual(origin);
    expect(createOriginKeys('logins', someKeys('aaaaaa')).verify(text)).toBe(undefined);
    expect(createOriginKeys('others', keys).verify(text)).toBe(undefined);
  });

  it('is refused when any character of it is another', () => {
    const text = origins.sign(origin);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('0', '1', 'a', 'Z', '_', ' '), (at, character) => {
        const changed = text.slice(0, at) + character + text.slice(at + 1);
        // The last character carries two bits that decode to nothing.
        fc.pre(changed !== text && at !== text.length - 1);
        expect(origins.verify(changed)).toBe(undefined);
      }),
    );
  });

  it.each(['', 'x', `1 ${origin.id}`, `1 ${origin.id} `, `1 a b c`, `${'9'.repeat(16)} a ${'A'.repeat(43)}`])(
    'is refused: %j',
    (text) => {
      expect(origins.verify(text)).toBe(undefined);
    },
  );
});
