import { createSecretKey } from 'node:crypto';
import { hmac, type MaskSpec, redact, rsa, siv, truncate, vault } from '@masque/pipeline';
import { describe, expect, test } from 'vitest';
import { createFinder } from '../src/finder.ts';
import type { MaskKey } from '../src/keys.ts';
import { createMasker } from '../src/masker.ts';
import { cases, keysNamed } from './methods.ts';

const keys = keysNamed('one');
const code = (name: string): unknown => expect.objectContaining({ name: 'Fault', code: name });

/** Of the same method as each of `keys`, under another name. */
function others(status: MaskKey['status'], kid: string): MaskKey[] {
  const secret = createSecretKey(Buffer.alloc(32, kid));
  return keys.map((key) => ({ ...key, status, kid, ...('prfSecret' in key ? { prfSecret: secret } : { secret }) }));
}

describe.each(cases)('$name', ({ spec, longest, separated }) => {
  test('what it makes is what a masker makes', () => {
    const mask: Record<string, MaskSpec> = { field: spec };
    const [made] = createMasker({ mask, keys }).mask('field', [longest], new Map());
    const finder = createFinder({ mask, keys });
    expect(finder.mask('field', longest).token).toBe(made);
    expect(finder.find('field', longest).map(({ token }) => token)).toEqual([made]);
  });

  test.skipIf(!separated)('every usable key of the method has its token, the PRIMARY one what is masked now', () => {
    const used = [...others('ENABLED', 'before'), ...keys, ...others('PENDING', 'coming')];
    const finder = createFinder({ mask: { field: spec }, keys: used });
    const found = finder.find('field', longest);
    expect(found.map(({ key }) => key?.status)).toEqual(['ENABLED', 'PRIMARY', 'PENDING']);
    expect(new Set(found.map(({ token }) => token)).size).toBe(3);
    expect(finder.mask('field', longest)).toMatchObject({ token: found[1]?.token, key: { status: 'PRIMARY' } });
    const entries = found.map(({ entry }) => entry?.token);
    expect(entries).toEqual(found.map(({ token }) => (spec.method === 'vault' ? token : undefined)));
  });
});

const mask = { ip: rsa('address'), device: vault('text'), email: siv('text'), login: hmac('text'), net: truncate() };
const finder = createFinder({ mask, keys });

test('an entry of the vault comes along, so that it can be put back', () => {
  const [found] = finder.find('device', 'a');
  expect(found?.entry).toMatchObject({ token: found?.token, kid: 'vault2' });
  expect(finder.find('ip', '::1')[0]).not.toHaveProperty('entry');
});

test('what cannot be masked is refused under its own code, and not repeated', () => {
  const secret = 'SENTINEL';
  for (const [field, value, refusal] of [
    ['ip', secret, 'not_an_address'],
    ['device', ' ', 'empty_value'],
    ['device', `${secret}\ud800`, 'lone_surrogate'],
    ['device', secret.repeat(50), 'too_long'],
    ['nothing', secret, 'field_not_masked'],
    ['constructor', secret, 'field_not_masked'],
  ] as const) {
    for (const look of [finder.mask, finder.find]) {
      expect(() => look(field, value)).toThrow(code(refusal));
      expect(() => look(field, value)).not.toThrow(secret);
    }
  }
});

test('a token is not masked again, whatever made it and whatever would mask it', () => {
  const tokens = (['ip', 'device', 'email', 'login'] as const).map((field) => finder.mask(field, '::1').token ?? '');
  expect(tokens.map((token) => token.slice(0, 4))).toEqual(['rsa1', 'vlt1', 'siv1', 'hmac']);
  for (const token of tokens) {
    for (const field of Object.keys(mask)) {
      expect(() => finder.mask(field, token)).toThrow(code('already_masked'));
      expect(() => finder.mask(field, ` ${token}\n`)).toThrow(code('already_masked'));
    }
  }
  // What only looks like the beginning of one is a value like any other.
  expect(finder.mask('device', 'rsa1.abcdef.x').token).toMatch(/^vlt1/);
  expect(finder.mask('device', `${'x'.repeat(9)}.abcdef.${'A'.repeat(43)}`).token).toMatch(/^vlt1/);
});

test('a key that is missing is said to be missing', () => {
  const without = createFinder({ mask, keys: keys.filter(({ method }) => method !== 'rsa') });
  for (const look of [without.mask, without.find]) expect(() => look('ip', '::1')).toThrow(code('key_missing'));
});

test('spellings of one value are the same, and no two refused texts are', () => {
  expect(finder.isSame('ip', '::ffff:10.0.0.1', ' 10.0.0.1')).toBe(true);
  expect(finder.isSame('ip', '10.0.0.1', '10.0.0.10')).toBe(false);
  expect(finder.isSame('ip', 'nonsense', 'nonsense')).toBe(false);
  expect(finder.isSame('email', 'A', 'a')).toBe(false);
});

test('one text for all, or none: there is nothing to look up by', () => {
  expect(createFinder({ mask: { note: redact() }, keys: [] }).find('note', 'x')).toEqual([{ token: null }]);
});
