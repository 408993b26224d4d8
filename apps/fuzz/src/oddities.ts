/** What means something to JSON, to JavaScript, to SQL and its arrays, to a terminal, or to who parses addresses. */
const kinds = {
  characters: [
    '',
    ' ',
    '\0',
    '\ud800',
    '\udfff\ud800',
    '\ufeff',
    '\u2028',
    '\u001b[2J',
    '\r\n',
    'e\u0301',
    '\u{10ffff}',
  ],
  sql: ['NULL', '{}', '{"a"}', 'a,b', '\\', '"', "'; drop table fuzz; --", '$1', '\\x00', '%s', '\u001f'],
  names: ['__proto__', 'constructor', 'toString'],
  moods: ['throw', 'x'.repeat(30)],
  versions: ['1.0', '6.02', '1.1000.1', '2147.0', '1'.repeat(400)],
  addresses: [
    '010.0.0.1',
    '0x7f.1',
    '::',
    '::ffff:0:0',
    'fe80::1%',
    '1.2.3.4%a',
    '256.1.1.1',
    '127.0.0.1/8',
    '１.2.3.4',
  ],
  lengths: ['x'.repeat(33), 'x'.repeat(129), '\u{1f600}'.repeat(32), '\u{1f600}'.repeat(129), 'é'.repeat(200)],
  ids: ['3f2504e0-4f89-41d3-9a0c-0305e82c3301', '{3f2504e04f8941d39a0c0305e82c3301}', 'no uuid', '123456', '12 34-56'],
  numbers: [0, -0, 1.5, -1, 32_767, 32_768, 2_147_483_648, -2_147_483_649, 2 ** 53, 2 ** 53 + 2, 1e21, 5e-324],
  others: [true, false, null, [], {}, ['a'], { refused: 'not_json' }, { a: { b: { c: [] } } }],
} satisfies Readonly<Record<string, readonly unknown[]>>;

export const oddities: readonly unknown[] = Object.values<readonly unknown[]>(kinds).flat();
