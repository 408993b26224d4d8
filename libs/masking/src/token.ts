import { Fault } from '@masque/fault';
import { decodeBase64url } from '@masque/key-files';
import type { MethodName } from './method.ts';

/**
 * A masked value: `<method and version>.<key id>.<body in base64url>`. A token has one spelling, so that equal
 * values have equal tokens and a database can compare them as text. Methods whose tokens are shaped like values
 * (`ff1`, `ipcrypt-…`) have no such tokens.
 */
export interface Token {
  readonly method: PrefixedMethod;
  readonly kid: string;
  readonly body: Buffer;
}

/** The number is the version of the method's way, not of the key. A prefix never changes its meaning. */
export const prefixes = {
  rsa: 'rsa1',
  vault: 'vlt1',
  siv: 'siv1',
  hmac: 'hmac1',
} as const satisfies Partial<Record<MethodName, string>>;

export type PrefixedMethod = keyof typeof prefixes;

const methodOf = new Map(Object.entries(prefixes).map(([method, prefix]) => [prefix, method as PrefixedMethod]));

/** The body may hold what other spellings of base64 hold, so that these are told from what is no token at all. */
const shape = /^([a-z]+[0-9])\.([a-z2-7]{6})\.([A-Za-z0-9_+/-]+={0,2})$/;

export function tokenStart(method: PrefixedMethod, kid: string): string {
  return `${prefixes[method]}.${kid}.`;
}

/**
 * Strict: padding, foreign characters, white space and set trailing bits are refused, not mended.
 * @throws {Fault} `token_malformed`, `token_not_canonical`, which quote nothing: what was given may be a plain value.
 */
export function parseToken(text: string): Token {
  const [, prefix = '', kid = '', encoded = ''] = shape.exec(text) ?? [];
  const method = methodOf.get(prefix as (typeof prefixes)[PrefixedMethod]);
  const body = decodeBase64url(encoded);
  if (method === undefined) throw malformedToken();
  if (body === undefined) throw notCanonical();
  return { method, kid, body };
}

/** Whether a text is, letter by letter, what some masker may have made: a value that is masked already. */
export function isTokenShaped(text: string): boolean {
  // Nearly every value is told by its length alone.
  if (text.length < leastBody) return false;
  const [, prefix = '', , encoded = ''] = shape.exec(text) ?? [];
  return methodOf.has(prefix as (typeof prefixes)[PrefixedMethod]) && encoded.length >= leastBody;
}

/** `siv` of an address, 32 bytes in base64url; no method's tokens are shorter. */
const leastBody = 43;

function notCanonical(): Fault {
  return new Fault('token_not_canonical', 'this token is spelled as no masker spells it', {
    heals: false,
    advice:
      'Its end is base64url in another spelling: padded, of the plain alphabet, cut off, or with bits set that mean nothing. Copy it from the table as it stands.',
  });
}

export function malformedToken(): Fault {
  return new Fault('token_malformed', 'this is no token', {
    heals: false,
    advice:
      'A token is rsa1, vlt1, siv1 or hmac1, then .<key id>.<base64url>, whole and without spaces; a shorter one was cut off. Tokens of ff1 and ipcrypt look like values: name their field.',
  });
}
