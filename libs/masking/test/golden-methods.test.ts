import { readFileSync } from 'node:fs';
import { ff1, hmac, ipcryptDet, ipcryptPfx, redact, rsa, siv, truncate, vault } from '@masque/pipeline';
import { expect, test } from 'vitest';
import { createMasker } from '../src/masker.ts';
import { keysNamed } from './methods.ts';

const golden = JSON.parse(readFileSync(new URL('vectors/golden-methods.json', import.meta.url), 'utf8')) as {
  field: string;
  value: string;
  token: string;
}[];

/** Fields are in the tokens: their names are as frozen as the keys. */
const mask = {
  rsa: rsa('address'),
  vault: vault('text'),
  'siv address': siv('address'),
  'siv text': siv('text'),
  hmac: hmac('text'),
  ff1: ff1({ alphabet: '0123456789', keep: '-' }),
  'ipcrypt-det': ipcryptDet(),
  'ipcrypt-pfx': ipcryptPfx(),
  truncate: truncate(),
  redact: redact({ as: '(removed)' }),
};
const masker = createMasker({ mask, keys: keysNamed('golden') });

test('every method has golden tokens', () => {
  expect(new Set(golden.map(({ field }) => field))).toEqual(new Set(Object.keys(mask)));
});

test.each(golden)('$field of $value is what it was', ({ field, value, token }) => {
  expect(masker.mask(field, [value], new Map())).toEqual([token]);
});
