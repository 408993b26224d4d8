import { isTextType, tokenLength, varcharLength } from '@masque/pipeline';
import { expect, test } from 'vitest';
import plain from '../user-logins.ts';
import pipeline from '../user-logins-vault.ts';

test('it is user-logins but for its name, the method, and columns that the challenge’s own words make', () => {
  expect(Object.keys(pipeline.record.shape)).toEqual(Object.keys(plain.record.shape));
  expect(pipeline.target.columns.map(({ name, source }) => ({ name, source }))).toEqual(
    plain.target.columns.map(({ name, source }) => ({ name, source })),
  );
  expect(Object.values(pipeline.mask).map(({ method }) => method)).toEqual(['vault', 'vault']);
  for (const { type, source } of pipeline.target.columns) {
    if (source.kind !== 'token') continue;
    expect(isTextType(type) ? varcharLength(type) : 0).toBe(256);
    expect(tokenLength(pipeline.mask[source.field]!)).toBe(55);
  }
});
