import { expect, it } from 'vitest';
import { carriedOrigin } from '../src/origin.ts';

it('is carried as it is', () => {
  expect(carriedOrigin('1795437414341 0b0a6e2c c2ln')).toBe('1795437414341 0b0a6e2c c2ln');
});

it.each([undefined, '', 'x'.repeat(257), 'ünicode', 'new\nline', 'nul\0'])('is not carried: %j', (text) => {
  expect(carriedOrigin(text)).toBe(undefined);
});
