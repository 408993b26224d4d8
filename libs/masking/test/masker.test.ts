import { createSecretKey, randomBytes } from 'node:crypto';
import { Fault } from '@masque/fault';
import { ff1, hmac, ipcryptDet, isRefusal, redact, type Refusal, rsa, siv } from '@masque/pipeline';
import { expect, expectTypeOf, test } from 'vitest';
import type { MaskKey, PublicMaskKey } from '../src/keys.ts';
import { composeMasker, createMasker, type Masker } from '../src/masker.ts';
import { createMemo } from '../src/memo.ts';
import type { MaskingMethod } from '../src/method.ts';
import { createBrokenMasker } from '../src/testing.ts';
import { prefixedTokenCheck } from '../src/prefixed-token.ts';
import { golden, goldenKeys, mask } from './golden.ts';
import { keysNamed } from './methods.ts';

const { maskKeys } = await goldenKeys();
const [key] = maskKeys as [PublicMaskKey];

test('a column keeps its order, its nulls and its refusals', () => {
  const masker = createMasker({ mask, keys: maskKeys });
  const [a, b, c, d, e, f] = masker.mask('ip', ['10.0.0.1', null, 'nonsense', '10.0.0.2', ' 10.0.0.1', '']);
  expect([b, c, f]).toEqual([null, { refused: 'not_an_address' }, { refused: 'empty_value' }]);
  expect(a).toBe(e);
  expect(a).not.toBe(d);
  expect(masker.mask('ip', [])).toEqual([]);
});

test('memory changes the cost, never the token', () => {
  const values = Array.from({ length: 300 }, (_, index) => `10.0.0.${(index * 7) % 40}`);
  const without = createMasker({ mask, keys: maskKeys, memoEntries: 0 });
  const tight = createMasker({ mask, keys: maskKeys, memoEntries: 3 });
  const wide = createMasker({ mask, keys: maskKeys });
  const expected = values.map((value) => without.mask('ip', [value])[0]);
  expect(values.map((value) => tight.mask('ip', [value])[0])).toEqual(expected);
  expect([...wide.mask('ip', values.slice(0, 150)), ...wide.mask('ip', values.slice(150))]).toEqual(expected);
  expect(without.stats()).toEqual({ hits: 0, misses: 300 });
  expect(wide.stats()).toEqual({ hits: 260, misses: 40 });
});

test('a value that comes twice in a batch is computed once, even without a memory', () => {
  const masker = createMasker({ mask, keys: maskKeys, memoEntries: 0 });
  const [one, other] = masker.mask('ip', ['::1', '0::1']);
  expect(one).toBe(other);
  expect(masker.stats()).toEqual({ hits: 1, misses: 1 });
});

test('fields do not share their memory', () => {
  const masker = createMasker({ mask, keys: maskKeys });
  expect(masker.mask('ip', ['10.0.0.1'])).not.toEqual(masker.mask('device_id', ['10.0.0.1']));
});

test('the keys in use are told by id, method and fingerprint', () => {
  const masker = createMasker({ mask, keys: maskKeys });
  expect(masker.keys()).toEqual([{ kid: key.kid, method: 'rsa', fingerprint: golden.fingerprint }]);
});

test('methods share a masker: a key is told once, and what needs none is told not at all', () => {
  const keys = keysNamed('one');
  const every = { ip: siv('address'), device: siv('text'), email: hmac('text'), note: redact() };
  const masker = createMasker({ mask: every, keys });
  expect(masker.keys().map(({ kid, method }) => [kid, method])).toEqual([
    ['siv234', 'siv'],
    ['hmac23', 'hmac'],
  ]);
  expect(masker.mask('note', ['a', null, '', '\ud800'])).toEqual([null, null, null, null]);
  expect(() => createMasker({ mask: { ip: ipcryptDet() }, keys: keys.slice(0, 4) })).toThrow(
    expect.objectContaining({ code: 'key_missing', details: { field: 'ip', method: 'ipcrypt-det' } }),
  );
  const second = { ...keys[2]!, kid: 'second' } as MaskKey;
  expect(() => createMasker({ mask: every, keys: [...keys, second] })).toThrow(
    expect.objectContaining({ code: 'key_ambiguous' }),
  );
});

test('only what costs more to make than to look up is remembered: plain values stay nowhere else', () => {
  const masker = createMasker({
    mask: { email: hmac('text'), number: ff1({ alphabet: '0123456789' }) },
    keys: keysNamed('one'),
  });
  for (const field of ['email', 'number']) masker.mask(field, ['1234567']);
  for (const field of ['email', 'number']) masker.mask(field, ['1234567']);
  expect(masker.stats()).toEqual({ hits: 1, misses: 3 });
});

test('keys that do not fit the pipeline are refused at start', () => {
  const small = { ip: rsa('address', { bits: 2048 }) };
  expect(() => createMasker({ mask: small, keys: maskKeys })).toThrow(
    expect.objectContaining({
      code: 'key_size_mismatch',
      setting: 'MASQUE_KEYS_DIR',
      message: `the field "ip" wants RSA of 2048 bits, but there is ${key.kid} of 3072 bits`,
    }),
  );
  const retired: MaskKey = { ...key, status: 'ENABLED' };
  const second: MaskKey = { ...key, kid: 'second', prfSecret: createSecretKey(randomBytes(32)) };
  expect(() => createMasker({ mask, keys: [] })).toThrow(expect.objectContaining({ code: 'key_missing' }));
  expect(() => createMasker({ mask, keys: [retired] })).toThrow(expect.objectContaining({ code: 'key_missing' }));
  expect(() => createMasker({ mask, keys: [key, second] })).toThrow(expect.objectContaining({ code: 'key_ambiguous' }));
  expect(createMasker({ mask, keys: [retired, second] }).keys()).toMatchObject([{ kid: 'second' }]);
});

// --- It fails closed: what a method does wrong never becomes a result. ---

const secret = '203.0.113.77';

function maskerOf(maskBatch: (field: string, values: readonly string[]) => unknown, tokenLength = 16): Masker {
  const method: MaskingMethod = {
    method: 'rsa',
    key: { kid: 'abcdef', fingerprint: '0000000000000000' },
    remember: true,
    maskBatch: (values) => maskBatch('ip', values) as string[],
    isToken: prefixedTokenCheck('rsa', 'abcdef', (bytes) => bytes === 3),
  };
  const memo = createMemo({ entries: 10, bytes: 10_000 });
  return composeMasker([{ name: 'ip', form: 'address', method, tokenLength, memo }]);
}

test('the double of a method that does it right passes', () => {
  expect(maskerOf(() => ['rsa1.abcdef.AAAA']).mask('ip', [secret])).toEqual(['rsa1.abcdef.AAAA']);
  expect(maskerOf(() => [{ refused: 'too_long' }]).mask('ip', [secret])).toEqual([{ refused: 'too_long' }]);
});

test.each<[string, (field: string, values: readonly string[]) => unknown]>([
  [
    'throws, quoting the value',
    (_, values) => {
      throw new Error(`cannot mask ${values.join()}`);
    },
  ],
  [
    'throws what is no error',
    (_, values) => {
      throw values;
    },
  ],
  ['gives the value back', (_, values) => [...values]],
  ['gives the value back under a prefix', (_, values) => values.map((value) => `rsa1.abcdef.${value}`)],
  ['gives another key’s token', () => ['rsa1.ghijkl.AAAA']],
  ['gives an empty text', () => ['']],
  ['gives null', () => [null]],
  ['gives undefined', () => [undefined]],
  ['gives too few', () => []],
  ['gives too many', () => ['rsa1.abcdef.AAAA', 'rsa1.abcdef.BBBB']],
  ['gives nothing', () => undefined],
  ['gives promises', () => [Promise.resolve('rsa1.abcdef.AAAA')]],
])('a method that %s ends in a fault without the value', (_, maskBatch) => {
  const masker = maskerOf(maskBatch);
  // Twice: a first failure must not have left anything in the memory.
  for (const values of [[null, secret], [secret]]) {
    let thrown: unknown;
    try {
      masker.mask('ip', values);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Fault);
    const fault = thrown as Fault;
    expect(fault).toMatchObject({ code: 'masking_failed', heals: false, details: { field: 'ip', kid: 'abcdef' } });
    const words = [fault, fault.cause as Fault]
      .map((one) => `${one.stack} ${one.toLine()} ${JSON.stringify(one)}`)
      .join();
    expect(words).not.toContain(secret);
    expect((fault.cause as Fault).cause).toBeUndefined();
  }
});

test('a field that the pipeline does not mask is a fault, not a pass', () => {
  const masker = createMasker({ mask, keys: maskKeys });
  for (const field of ['user_id', '__proto__', 'constructor', '']) {
    expect(() => masker.mask(field, [secret])).toThrow(expect.objectContaining({ code: 'field_not_masked' }));
  }
});

test('a token longer than its column was promised is a fault', () => {
  const masker = maskerOf(() => ['rsa1.abcdef.AAAA'], 15);
  expect(() => masker.mask('ip', [secret])).toThrow(expect.objectContaining({ code: 'masking_failed' }));
});

test('what is no string is refused, not passed', () => {
  const masker = createMasker({ mask, keys: maskKeys });
  const holes = [12, undefined, true, { toString: () => secret }, [secret]] as unknown as string[];
  expect(masker.mask('device_id', holes)).toEqual(holes.map(() => ({ refused: 'wrong_type' })));
});

test('types: a result cannot be used as a text before its refusal was looked at', () => {
  expectTypeOf<ReturnType<Masker['mask']>>().toEqualTypeOf<(string | null | Refusal)[]>();
  const [result = null] = createMasker({ mask, keys: maskKeys }).mask('ip', [secret]);
  // @ts-expect-error -- a refusal is no text
  const unchecked: string | null = result;
  const checked: string | null = isRefusal(result) ? null : result;
  expect(checked).toBe(unchecked);
});

test('a token that is, by chance, another value of the batch passes; another’s value given out does not', () => {
  const spec = ff1({ alphabet: '0123456789' });
  const options = { mask: { number: spec }, keys: keysNamed('one') };
  const [token] = createMasker(options).mask('number', ['1234567']) as [string];
  // The token itself as a value, so that the batch holds it.
  const both = createMasker(options).mask('number', ['1234567', token]);
  expect(both[0]).toBe(token);
  const swapping = createBrokenMasker(options, () => ({ maskBatch: (values) => values.toReversed() }));
  expect(() => swapping.mask('number', ['1234567', '7654321'])).toThrow(
    expect.objectContaining({ code: 'masking_failed' }),
  );
});
