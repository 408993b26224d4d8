import { isIP } from 'node:net';
import type { CanonicalForm } from '@masque/pipeline';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalise } from '../src/canonical.ts';

const address = (text: string): unknown => canonicalise('address', text);

test.each([
  // RFC 5952 section 4.1: leading zeros.
  ['2001:0db8::0001', '2001:db8::1'],
  // 4.2.1: as short as possible.
  ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
  ['2001:db8::0:1', '2001:db8::1'],
  // 4.2.2: not for one group.
  ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  // 4.2.3: the longest run, the first of equals.
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  // 4.3: lower case.
  ['2001:DB8::AAAA', '2001:db8::aaaa'],
  // Section 1 and 2: the spellings of one address.
  ['2001:db8::aaaa:0:0:1', '2001:db8::aaaa:0:0:1'],
  ['2001:db8:0::aaaa:0:0:1', '2001:db8::aaaa:0:0:1'],
  ['2001:DB8:0:0:aaaa::1', '2001:db8::aaaa:0:0:1'],
  ['::', '::'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['1::', '1::'],
  ['fe80::1%eth0', 'fe80::1'],
  ['fe80::1%25', 'fe80::1'],
  // IPv4 inside IPv6, however it is written; ::ffff:0:0:0/96 and ::/96 are other prefixes.
  ['::ffff:1.2.3.4', '1.2.3.4'],
  ['::FFFF:102:304', '1.2.3.4'],
  ['0:0:0:0:0:ffff:0102:0304', '1.2.3.4'],
  ['::ffff:1.2.3.4%eth0', '1.2.3.4'],
  ['::ffff:0:0', '0.0.0.0'],
  ['::1.2.3.4', '::102:304'],
  ['::ffff:0:1.2.3.4', '::ffff:0:102:304'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['  199.172.111.135\n', '199.172.111.135'],
  ['\ufeff224.0.0.1\u00a0', '224.0.0.1'],
])('the address %j is %s', (spelling, text) => {
  expect(address(spelling)).toBe(text);
});

test.each([
  '010.0.0.1',
  '1.2.3',
  '1.2.3.4.5',
  '256.0.0.1',
  '0x7f.0.0.1',
  '2130706433',
  '1.2.3.4/32',
  '1.2.3.4:80',
  '1.2.3.4%eth0',
  '[::1]',
  '::1%',
  '%eth0',
  'fe80::1%',
  '1::2::3',
  ':::',
  '12345::',
  '::ffff:010.0.0.1',
  '::g',
  '１.2.3.4',
  'localhost',
  '1.2.3.4, 5.6.7.8',
  '1 .2.3.4',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7',
])('%j is no address', (text) => {
  expect(address(text)).toEqual({ refused: 'not_an_address' });
});

const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });

/** Every way that RFC 4291 section 2.2 has of writing the same 128 bits. */
const spelled = fc
  .record({ groups, upper: fc.boolean(), pad: fc.boolean(), dotted: fc.boolean(), gap: fc.nat() })
  .map((how) => {
    const hex = how.groups.map((group) => group.toString(16).padStart(how.pad ? 4 : 1, '0'));
    const [high = 0, low = 0] = how.groups.slice(6);
    if (how.dotted) hex.splice(6, 2, `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`);
    // Any run of zero groups may be the `::`, not only the one that RFC 5952 wants.
    const runs = [...hex.join(':').matchAll(/(?:^|:)0{1,4}(?::0{1,4})*(?=:|$)/g)];
    const run = runs[how.gap % (runs.length + 1)];
    const text = hex.join(':');
    const cut =
      run === undefined
        ? text
        : `${text.slice(0, run.index)}::${text.slice(run.index + run[0].length).replace(/^:/, '')}`;
    return { groups: how.groups, text: how.upper ? cut.toUpperCase() : cut };
  });

test('every spelling of the same 128 bits gives the same text, and other bits give another', () => {
  fc.assert(
    fc.property(spelled, ({ groups, text }) => {
      expect(isIP(text)).toBe(6);
      expect(address(text)).toBe(address(groups.map((group) => group.toString(16)).join(':')));
    }),
    { numRuns: 2_000 },
  );
  fc.assert(
    fc.property(groups, groups, (one, other) => {
      const [a, b] = [one, other].map((list) => address(list.map((group) => group.toString(16)).join(':')));
      expect(a === b).toBe(one.join() === other.join());
    }),
  );
});

test('the text is what another implementation of RFC 5952 gives', () => {
  // WHATWG URL serialises hosts by the same rules; it never writes IPv4 inside IPv6, and we always unwrap it.
  fc.assert(
    fc.property(groups, (list) => {
      fc.pre(!(list[5] === 0xffff && list.slice(0, 5).every((group) => group === 0)));
      const text = list.map((group) => group.toString(16)).join(':');
      expect(address(text)).toBe(new URL(`http://[${text}]`).hostname.slice(1, -1));
    }),
    { numRuns: 1_000 },
  );
});

test('text: trimmed and NFC, case kept', () => {
  expect(canonicalise('text', ' 593-47-5928 ')).toBe('593-47-5928');
  expect(canonicalise('text', 'Cafe\u0301')).toBe('Caf\u00e9');
  expect(canonicalise('text', 'ABC')).toBe('ABC');
  expect(canonicalise('text', 'a b')).toBe('a b');
  expect(canonicalise('text', '\u212b')).toBe('\u00c5');
});

test('what has no form is refused by its reason', () => {
  for (const form of ['address', 'text'] as const) {
    expect(canonicalise(form, '')).toEqual({ refused: 'empty_value' });
    expect(canonicalise(form, ' \t\u2003\ufeff')).toEqual({ refused: 'empty_value' });
    expect(canonicalise(form, 'a\ud800')).toEqual({ refused: 'lone_surrogate' });
    expect(canonicalise(form, 12 as unknown as string)).toEqual({ refused: 'wrong_type' });
    expect(canonicalise(form, undefined as unknown as string)).toEqual({ refused: 'wrong_type' });
  }
});

test.each<CanonicalForm>(['address', 'text'])('%s: total, and changes nothing the second time', (form) => {
  const halves = fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units));
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.ipV4(),
    fc.ipV6(),
    halves,
  );
  fc.assert(
    fc.property(anything, (value) => {
      const once = canonicalise(form, value);
      const again = typeof once === 'string' ? canonicalise(form, once) : once;
      expect(again).toEqual(once);
    }),
    { numRuns: 3_000 },
  );
});
