import { expect, it } from 'vitest';
import { carriedOrigin, carriedTrace } from '../src/origin.ts';

it('is carried as it is', () => {
  expect(carriedOrigin('1795437414341 0b0a6e2c c2ln')).toBe('1795437414341 0b0a6e2c c2ln');
});

it.each([undefined, '', 'x'.repeat(257), 'ünicode', 'new\nline', 'nul\0'])('is not carried: %j', (text) => {
  expect(carriedOrigin(text)).toBe(undefined);
});

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

it('a trace context is carried as it is', () => {
  expect(carriedTrace(traceparent)).toBe(traceparent);
});

it.each([undefined, '', `${traceparent}-x`, traceparent.toUpperCase(), '198.51.100.7'])('is none: %j', (text) => {
  expect(carriedTrace(text)).toBe(undefined);
});
