/** The bodies that a queue may bring, one by one, each between two good neighbours. */
import { describe, expect, test } from 'vitest';
import { aLogin, aLoginWith, aMasker, maskBodies, pipeline } from './login.ts';

const mask = maskBodies(pipeline, await aMasker());
const neighbours = [aLogin({ ip: '2001:db8::1' }), aLogin({ device_id: '900-00-0002' })] as const;
const undisturbed = mask(...neighbours).columns;

const kib = 1_024;
const login = JSON.stringify(aLogin());
const members = login.slice(1, -1);
const bytes = (...values: number[]): Buffer => Buffer.from(values);
/** A login whose user id is these bytes. */
const withRaw = (raw: Buffer): Buffer => {
  const [before = '', after = ''] = JSON.stringify(aLogin({ user_id: '@' })).split('@');
  return Buffer.concat([Buffer.from(before), raw, Buffer.from(after)]);
};
const nested = (levels: number): string => `{${members},"extra":${'['.repeat(levels)}${']'.repeat(levels)}}`;
const padded = (size: number): string => `${members}${' '.repeat(size - members.length - 2)}`;

type Bad = readonly [name: string, body: string | Buffer | object, reason: string, fields: readonly string[]];

function refused(what: string, table: readonly Bad[]): void {
  describe(`refused: ${what}`, () => {
    test.each(table)('%s', (_, body, reason, fields) => {
      const { rows, rejects, columns } = mask(neighbours[0], body, neighbours[1]);
      expect(rejects).toEqual([{ at: 1, reason, fields }]);
      expect(rows).toEqual([0, 2]);
      expect(columns).toEqual(undisturbed);
    });
  });
}

refused('not JSON', [
  ['an empty body', '', 'not_json', []],
  ['white space', ' \n', 'not_json', []],
  ['prose', 'hello', 'not_json', []],
  ['a login cut short', login.slice(0, -1), 'not_json', []],
  ['two logins', login + login, 'not_json', []],
  ['a trailing comma', `{${members},}`, 'not_json', []],
  ['single quotes', login.replaceAll('"', "'"), 'not_json', []],
  ['a byte order mark', `\ufeff${login}`, 'not_json', []],
  ['NaN', aLoginWith('ip', 'NaN'), 'not_json', []],
  ['a raw line feed in a text', aLoginWith('ip', '"198.51.\n100.7"'), 'not_json', []],
  ['100,000 open brackets', '['.repeat(100_000), 'not_json', []],
  ['UTF-16', Buffer.from(login, 'utf16le'), 'not_json', []],
]);

refused('JSON, but no object', [
  ['a list', `[${login}]`, 'not_an_object', []],
  ['a text', JSON.stringify(login), 'not_an_object', []],
  ['a number', '42', 'not_an_object', []],
  ['null', 'null', 'not_an_object', []],
  ['true', 'true', 'not_an_object', []],
  ['100,000 lists in one another', '['.repeat(100_000) + ']'.repeat(100_000), 'not_an_object', []],
]);

refused('another kind of message', [
  ['the challenge’s own', '{"foo": "oops_wrong_msg_type", "bar": "123"}', 'wrong_kind', []],
  ['an empty object', '{}', 'wrong_kind', []],
  ['members that every object has', '{"constructor":1,"toString":2}', 'wrong_kind', []],
]);

refused('fields missing, null or of another type', [
  ['one missing', aLogin({ ip: undefined }), 'missing_field', ['ip']],
  ['two missing', aLogin({ user_id: undefined, device_id: undefined }), 'missing_field', ['user_id', 'device_id']],
  [
    'all but the nullable one missing',
    { locale: null },
    'missing_field',
    ['user_id', 'app_version', 'device_type', 'ip', 'device_id'],
  ],
  ['the nullable one missing', aLogin({ locale: undefined }), 'missing_field', ['locale']],
  [
    'all but one missing',
    { ip: '198.51.100.7', locale: null },
    'missing_field',
    ['user_id', 'app_version', 'device_type', 'device_id'],
  ],
  ['null', aLogin({ user_id: null }), 'null_field', ['user_id']],
  ['null where a token is due', aLogin({ ip: null, device_id: null }), 'null_field', ['ip', 'device_id']],
  [
    'all null',
    aLogin({ user_id: null, app_version: null, device_type: null, ip: null, locale: null, device_id: null }),
    'null_field',
    ['user_id', 'app_version', 'device_type', 'ip', 'device_id'],
  ],
  ['a number', aLogin({ user_id: 424 }), 'wrong_type', ['user_id']],
  ['a version as a number', aLogin({ app_version: 2.3 }), 'wrong_type', ['app_version']],
  ['an address as a number', aLogin({ ip: 3_325_256_711 }), 'wrong_type', ['ip']],
  ['a list and an object', aLogin({ ip: ['198.51.100.7'], device_id: { id: 1 } }), 'wrong_type', ['ip', 'device_id']],
  ['a boolean', aLogin({ locale: false }), 'wrong_type', ['locale']],
  ['a huge number', aLoginWith('user_id', '9'.repeat(400)), 'wrong_type', ['user_id']],
  ['1e999', aLoginWith('device_id', '1e999'), 'wrong_type', ['device_id']],
  ['-0', aLoginWith('app_version', '-0'), 'wrong_type', ['app_version']],
  ['of two faults the first of the record', aLogin({ device_id: 5, app_version: null }), 'null_field', ['app_version']],
]);

refused('an ip that is no address', [
  ['prose', aLogin({ ip: 'localhost' }), 'not_an_address', ['ip']],
  ['five parts', aLogin({ ip: '198.51.100.7.1' }), 'not_an_address', ['ip']],
  ['a part over 255', aLogin({ ip: '198.51.100.256' }), 'not_an_address', ['ip']],
  ['zeros that some read as octal', aLogin({ ip: '010.0.0.1' }), 'not_an_address', ['ip']],
  ['a network', aLogin({ ip: '198.51.100.0/24' }), 'not_an_address', ['ip']],
  ['a port', aLogin({ ip: '198.51.100.7:443' }), 'not_an_address', ['ip']],
  ['a number in text', aLogin({ ip: '3325256711' }), 'not_an_address', ['ip']],
  ['empty', aLogin({ ip: '' }), 'empty_value', ['ip']],
  ['white space', aLogin({ ip: ' \t' }), 'empty_value', ['ip']],
  ['a device id of white space', aLogin({ device_id: ' ' }), 'empty_value', ['device_id']],
]);

refused('text that PostgreSQL cannot hold', [
  ['NUL in a plain field', aLogin({ user_id: 'a\0b' }), 'nul_character', ['user_id']],
  ['NUL in a masked field', aLogin({ device_id: 'a\0b' }), 'nul_character', ['device_id']],
  ['NUL in a converted field', aLogin({ app_version: '1.0\0' }), 'nul_character', ['app_version']],
  ['half a pair, escaped', aLoginWith('user_id', '"\\ud83d"'), 'lone_surrogate', ['user_id']],
  ['the other half, escaped', aLoginWith('locale', '"\\ude00"'), 'lone_surrogate', ['locale']],
  ['both halves in the wrong order', aLoginWith('device_type', '"\\ude00\\ud83d"'), 'lone_surrogate', ['device_type']],
  ['half a pair where a token is due', aLoginWith('device_id', '"x\\ud83d"'), 'lone_surrogate', ['device_id']],
  ['half a pair, as WTF-8', withRaw(bytes(0xed, 0xa0, 0xbd)), 'not_utf8', []],
  ['a pair in two halves, as CESU-8', withRaw(bytes(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80)), 'not_utf8', []],
  ['a byte of Latin-1', withRaw(bytes(0xe9)), 'not_utf8', []],
  ['an overlong NUL', withRaw(bytes(0xc0, 0x80)), 'not_utf8', []],
  ['a character beyond Unicode', withRaw(bytes(0xf4, 0x90, 0x80, 0x80)), 'not_utf8', []],
  ['bytes of no text', bytes(0xff, 0xfe, 0x00, 0x01), 'not_utf8', []],
]);

refused('values too long', [
  ['129 letters', aLogin({ user_id: 'x'.repeat(129) }), 'too_long', ['user_id']],
  ['129 characters of two units each', aLogin({ user_id: '😀'.repeat(129) }), 'too_long', ['user_id']],
  ['33 for 32', aLogin({ device_type: 'x'.repeat(33) }), 'too_long', ['device_type']],
  ['a locale of a thousand', aLogin({ locale: 'x'.repeat(1_000) }), 'too_long', ['locale']],
  ['more than RSA takes', aLogin({ device_id: 'x'.repeat(319) }), 'too_long', ['device_id']],
  ['a MiB', `{${padded(1_024 * kib)}}`, 'body_too_large', []],
  ['a byte more than the limit', `{${padded(256 * kib + 1)}}`, 'body_too_large', []],
]);

refused('versions', [
  ['empty', aLogin({ app_version: '' }), 'malformed_version', ['app_version']],
  ['four parts', aLogin({ app_version: '1.2.3.4' }), 'malformed_version', ['app_version']],
  ['a suffix', aLogin({ app_version: '1.2-beta' }), 'malformed_version', ['app_version']],
  ['a sign', aLogin({ app_version: '-1.2' }), 'malformed_version', ['app_version']],
  ['digits of another script', aLogin({ app_version: '١.٢' }), 'malformed_version', ['app_version']],
  ['a part over 999', aLogin({ app_version: '1.1000.0' }), 'version_out_of_range', ['app_version']],
  ['beyond the integer', aLogin({ app_version: '2147.0.0' }), 'version_out_of_range', ['app_version']],
  ['an ip as well: it is looked at first', aLogin({ app_version: 'x', ip: 'y' }), 'not_an_address', ['ip']],
]);

refused('JSON that parsers read differently', [
  ['a key twice', `{${members},"ip":"203.0.113.1"}`, 'duplicate_key', ['ip']],
  ['a key twice with one value', `{${members},"ip":"198.51.100.7"}`, 'duplicate_key', ['ip']],
  ['a key in two spellings', `{${members},"\\u0069p":"203.0.113.1"}`, 'duplicate_key', ['ip']],
  [
    'two keys, one of them three times',
    `{${members},"ip":"","ip":"","locale":null}`,
    'duplicate_key',
    ['ip', 'locale'],
  ],
  ['a key twice, far from its colon', `{${members},"ip"${' '.repeat(200)}:""}`, 'duplicate_key', ['ip']],
  ['a key that is no field, whose name stays ours', `{${members},"x":1,"x":1}`, 'duplicate_key', []],
  ['nested', `{${members},"extra":{"a":1,"a":2}}`, 'duplicate_key', []],
  ['nested in a list, spelled in two ways', `{${members},"extra":[[{"a":1,"\\u0061":2}]]}`, 'duplicate_key', []],
  ['the empty key twice', `{${members},"":1,"":1}`, 'duplicate_key', []],
  ['__proto__', `{${members},"__proto__":{"ip":"203.0.113.1"}}`, 'proto_key', []],
  ['__proto__ in the place of a field', `{"__proto__":${login}}`, 'proto_key', []],
  ['__proto__ escaped', `{${members},"\\u005f_proto__":1}`, 'proto_key', []],
  ['__proto__ nested', `{${members},"extra":[{"a":{"__proto__":null}}]}`, 'proto_key', []],
  ['__proto__ twice', `{${members},"__proto__":1,"__proto__":2}`, 'proto_key', []],
  ['33 levels', nested(32), 'nesting_too_deep', []],
  ['100 levels', nested(100), 'nesting_too_deep', []],
  ['100,000 levels', nested(100_000), 'nesting_too_deep', []],
  [
    '100,000 levels of objects in a field',
    aLoginWith('locale', `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`),
    'nesting_too_deep',
    [],
  ],
]);

/** What looks odd and is data all the same: losing it would be the fault. */
describe('taken', () => {
  test.each([
    ['multicast', { ip: '224.0.0.1' }],
    ['reserved', { ip: '241.6.88.151' }],
    ['loopback', { ip: '127.0.0.1' }],
    ['loopback of IPv6', { ip: '::1' }],
    ['private', { ip: '10.0.0.1' }],
    ['broadcast', { ip: '255.255.255.255' }],
    ['no address in particular', { ip: '0.0.0.0' }],
    ['link-local with a zone', { ip: 'fe80::1%eth0' }],
    ['white space around', { ip: ' 198.51.100.7\n', device_id: '\t900 ' }],
    ['128 letters', { user_id: 'x'.repeat(128) }],
    ['128 characters of 256 units and 512 bytes', { user_id: '😀'.repeat(128) }],
    ['empty text that is not masked', { user_id: '', device_type: '', locale: '' }],
    ['as much as RSA takes', { device_id: 'x'.repeat(318) }],
    ['the last version', { app_version: '2146.999.999' }],
    ['a device id of another script', { device_id: 'दूरभाष' }],
  ])('%s', (_, changes) => {
    expect(mask(aLogin(changes))).toMatchObject({ rows: [0], rejects: [], extraFields: 0 });
  });

  test.each<readonly [string, string | Buffer, number]>([
    ['white space around the object', `\n ${login}\r\n\t`, 0],
    ['a body as large as the limit', `{${padded(256 * kib)}}`, 0],
    ['32 levels', nested(31), 1],
    ['a pair of halves, escaped', aLoginWith('user_id', '"\\ud83d\\ude00"'), 0],
    ['members of other names', `{${members},"a":1,"b":{"c":[1,2]}}`, 2],
    ['members that every object has', `{${members},"constructor":1,"toString":"x","hasOwnProperty":null}`, 3],
    ['numbers of any size elsewhere', `{${members},"a":1e999,"b":-0,"c":${'9'.repeat(500)}}`, 3],
    ['broken text elsewhere', `{${members},"a":"\\ud800","b":"\\u0000"}`, 2],
    ['a colon, a brace, a quote and a key in a text', `{${members},"a":"{\\"ip\\":[:\\\\"}`, 1],
    ['a key of one level again on another', `{${members},"a":{"ip":1,"a":{"ip":2}}}`, 1],
  ])('%s', (_, body, extraFields) => {
    expect(mask(body)).toMatchObject({ rows: [0], rejects: [], extraFields });
  });
});
