import { packBase64, packTexts } from '@masque/handoff';
import { expect, test } from 'vitest';
import { weightOf } from '../src/weight.ts';

test('a batch weighs what its texts do, packed or not, with its rejects and the vault’s ciphertexts', () => {
  const tokens = packTexts(['a'.repeat(500), null]);
  const ciphertexts = packBase64([Buffer.alloc(300).toString('base64')]);
  const rejects = [{ at: 2, reason: 'not_json', fields: [], body: 'b'.repeat(40) }];
  const columns = { masked_ip: tokens, day: ['2026-01-01', null], version: [1, 2] };
  expect(weightOf({ columns, rejects })).toBe(tokens.length + 10 + 40);
  expect(weightOf({ columns, rejects, entries: { tokens: ['t'], kids: ['k'], ciphertexts } })).toBe(
    tokens.length + 10 + 40 + ciphertexts.length,
  );
});
