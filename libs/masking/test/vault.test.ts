import { vault, type MaskSpec } from '@masque/pipeline';
import { expect, test } from 'vitest';
import { createEntryEncryption, createEntryOpening } from '../src/entry-envelope.ts';
import type { PublicMaskKey } from '../src/keys.ts';
import { createMasker, type MaskerOptions } from '../src/masker.ts';
import { createUnmasker } from '../src/unmasker.ts';
import type { VaultEntries, VaultEntry } from '../src/vault-entries.ts';
import { keysNamed, privateKeys } from './methods.ts';

const mask = { ip: vault('address'), device: vault('text') } as const satisfies Record<string, MaskSpec>;
const keys = keysNamed('one');
const { publicKey } = keys[1] as PublicMaskKey;
const code = (name: string): unknown => expect.objectContaining({ name: 'Fault', code: name });

/** A masker that hands out batches as the masker stage does. */
function setup(options: Partial<MaskerOptions> = {}) {
  const masker = createMasker({ mask, keys, ...options });
  return {
    masker,
    batch: (field: string, values: readonly (string | null)[]) => {
      const entries: VaultEntries = new Map();
      return { tokens: masker.mask(field, values, entries), entries };
    },
  };
}

const { privateKey } = privateKeys.find(({ method }) => method === 'vault')!;
const openEntry = createEntryOpening(privateKey);

async function opened({ ciphertext }: VaultEntry): Promise<string | undefined> {
  const value = await openEntry(Buffer.from(ciphertext, 'base64'));
  return value && Buffer.from(value).toString();
}

test('each distinct token of a batch has one entry, which the custodian’s key opens', async () => {
  const { tokens, entries } = setup().batch('ip', ['10.0.0.1', null, '::ffff:10.0.0.1', 'nonsense', '2001:DB8::1']);
  expect(tokens).toEqual([
    expect.stringMatching(/^vlt1\.vault2\.[\w-]{43}$/),
    null,
    tokens[0],
    { refused: 'not_an_address' },
    expect.stringMatching(/^vlt1\.vault2\.[\w-]{43}$/),
  ]);
  expect([...entries.keys()]).toEqual([tokens[0], tokens[4]]);
  expect(await Promise.all(Array.from(entries.values(), opened))).toEqual(['10.0.0.1', '2001:db8::1']);
  expect([...entries].every(([token, entry]) => entry.token === token && entry.kid === 'vault2')).toBe(true);
});

test('a batch that was lost brings its entries again: nothing is taken as handed over', () => {
  const { batch } = setup();
  const [first, again] = [batch('device', ['a', 'b']), batch('device', ['b', 'a'])];
  expect(new Set(again.entries.keys())).toEqual(new Set(first.entries.keys()));
});

test('an entry is encrypted once and remembered', () => {
  const { batch } = setup();
  const ciphertexts = [1, 2, 3].map(() => [...batch('device', ['a']).entries.values()][0]?.ciphertext);
  // Under a key of its own: were it encrypted again, it would be another.
  expect(new Set(ciphertexts).size).toBe(1);
});

test('a memory that forgot, or another replica, makes another ciphertext of the same value for the same token', async () => {
  const replicas = [setup(), setup(), setup({ memoEntries: 0 })];
  const made = replicas.flatMap(({ batch }) => Array.from(batch('device', ['a']).entries.values()));
  expect(new Set(made.map(({ token }) => token)).size).toBe(1);
  expect(new Set(made.map(({ ciphertext }) => ciphertext)).size).toBe(3);
  expect(await Promise.all(made.map(opened))).toEqual(['a', 'a', 'a']);
});

test('the memory is bounded: with room for one, two values take turns', () => {
  const { batch } = setup({ memoEntries: 1 });
  const of = (value: string): string | undefined => [...batch('device', [value]).entries.values()][0]?.ciphertext;
  const [a, same] = [of('a'), of('a')];
  of('b');
  expect(same).toBe(a);
  expect(of('a')).not.toBe(a);
});

test('entries of several fields of a batch gather in one place', async () => {
  const { masker } = setup();
  const entries: VaultEntries = new Map();
  masker.mask('ip', ['10.0.0.1'], entries);
  masker.mask('device', ['10.0.0.1'], entries);
  expect(await Promise.all(Array.from(entries.values(), opened))).toEqual(['10.0.0.1', '10.0.0.1']);
});

test('without a place for the entries there are no tokens', () => {
  expect(() => setup().masker.mask('ip', ['10.0.0.1'])).toThrow(code('entries_uncollected'));
});

test('what no entry of before could hold gets no token: 318 bytes under RSA-3072', () => {
  const { tokens, entries } = setup().batch('device', ['x'.repeat(318), 'x'.repeat(319), '€'.repeat(107)]);
  expect(tokens.slice(1)).toEqual([{ refused: 'too_long' }, { refused: 'too_long' }]);
  expect([...entries.keys()]).toEqual([tokens[0]]);
});

test('tokens do not depend on the RSA key: it can be exchanged without touching a row', () => {
  const [, key] = keys as readonly PublicMaskKey[];
  const [other] = keysNamed('one') as readonly PublicMaskKey[];
  const { tokens } = setup().batch('device', ['a']);
  const exchanged = setup({ keys: [{ ...key!, publicKey: other!.publicKey }] });
  expect(exchanged.batch('device', ['a']).tokens).toEqual(tokens);
});

const unmasker = createUnmasker({ mask, maskKeys: keys, unmaskKeys: privateKeys });

test('unmasking asks for the entry, and believes none but the token’s own', async () => {
  const { tokens, entries } = setup().batch('device', ['a', 'b']);
  const [a, b] = tokens as [string, string];
  const entry = (token: string): Buffer => Buffer.from(entries.get(token)?.ciphertext ?? '', 'base64');
  expect(await unmasker.unmask(a, 'device', { entry: entry(a) })).toEqual({
    field: 'device',
    kid: 'vault2',
    value: 'a',
  });
  expect(unmasker.describe(a)).toEqual({ method: 'vault', kid: 'vault2' });
  await expect(unmasker.unmask(a)).rejects.toThrow(code('token_entry_needed'));
  await expect(unmasker.unmask(a, 'ip', { entry: entry(a) })).rejects.toThrow(code('token_wrong_field'));
  const [forged = Buffer.alloc(0)] = createEntryEncryption(publicKey).encrypt(['c']);
  for (const wrong of [entry(b), forged, Buffer.alloc(384), Buffer.alloc(0), entry(a).subarray(1)]) {
    await expect(unmasker.unmask(a, undefined, { entry: wrong })).rejects.toThrow(code('token_forged'));
  }
});
