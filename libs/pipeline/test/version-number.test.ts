import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isRefusal, refuse, versionNumber } from '../src/index.ts';

const { convert } = versionNumber;
const malformed = refuse('malformed_version');
const outOfRange = refuse('version_out_of_range');

const part = fc.integer({ min: 0, max: 999 });
const major = fc.integer({ min: 0, max: 2_146 });
const version = fc.tuple(major, part, part);

test.each([
  ['2.3.0', 2_003_000],
  ['2.3', 2_003_000],
  ['2', 2_000_000],
  ['0', 0],
  ['6.02', 6_002_000],
  ['0.0.1', 1],
  ['2146.999.999', 2_146_999_999],
])('%s is %i', (text, number) => {
  expect(convert(text)).toBe(number);
});

test.each([
  ['a part over 999', ['1.1000', '1.0.1000', '1.99999999999999999999999', `1.${'9'.repeat(1_000)}`]],
  ['a first part that an integer column does not hold', ['2147', '2147.0.0', '9'.repeat(400), '2147483648']],
])('out of range: %s', (_, texts) => {
  for (const text of texts) expect(convert(text)).toEqual(outOfRange);
});

test.each([
  ['nothing', ['', '.', '..']],
  ['parts missing or too many', ['1.', '.1', '1..2', '1.2.3.', '1.2.3.4']],
  ['signs', ['-1', '+1.0', '1.-2', '−1']],
  ['spaces', [' 1.0', '1.0 ', '1. 0', '1.0\n', '\t1', '1.0\u00a0']],
  ['digits that are not ASCII', ['١.٢', '１.０', '२', '𝟏.𝟎', '1.²']],
  ['other spellings of numbers', ['1e3', '0x1', '1_000', '1,0', 'v1.0', '1.0-beta', 'NaN', 'Infinity']],
  ['NUL', ['1.0\0', '\0']],
])('malformed: %s', (_, texts) => {
  for (const text of texts) expect(convert(text)).toEqual(malformed);
});

test('missing parts are 0, and zeros in front of a part change nothing', () => {
  expect(convert('2.0')).toBe(convert('2.00'));
  expect(convert('2.0')).toBe(convert('2.0.0'));
  fc.assert(
    fc.property(version, fc.array(fc.nat({ max: 12 }), { minLength: 3, maxLength: 3 }), (parts, zeros) => {
      const padded = parts.map((each, index) => '0'.repeat(zeros[index] ?? 0) + String(each)).join('.');
      expect(convert(padded)).toBe(convert(parts.join('.')));
      expect(convert(`${parts[0]}.${parts[1]}`)).toBe(convert(`${parts[0]}.${parts[1]}.0`));
      expect(convert(String(parts[0]))).toBe(convert(`${parts[0]}.0.0`));
    }),
  );
});

test('numbers sort as versions do, and an integer column holds them all', () => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      const [x, y] = [convert(a.join('.')) as number, convert(b.join('.')) as number];
      const at = a.findIndex((each, index) => each !== b[index]);
      expect(Math.sign(x - y)).toBe(at === -1 ? 0 : Math.sign((a[at] ?? 0) - (b[at] ?? 0)));
      expect(x).toBeLessThan(2 ** 31);
    }),
  );
});

test('any text gives a number or a refusal, and never throws', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9. +-]{0,12}$/));
  fc.assert(
    fc.property(text, (each) => {
      const result = convert(each);
      expect(Number.isSafeInteger(result) || isRefusal(result)).toBe(true);
    }),
  );
});
