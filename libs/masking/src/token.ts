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

const shape = /^([a-z]+[0-9])\.([a-z2-7]{6})\.([A-Za-z0-9_-]+)$/;

export function tokenStart(method: PrefixedMethod, kid: string): string {
  return `${prefixes[method]}.${kid}.`;
}

/**
 * Strict: padding, foreign characters, white space and set trailing bits are refused, not mended.
 * @throws {Fault} `token_malformed`, which quotes nothing: what was given may be a plain value.
 */
export function parseToken(text: string): Token {
  const [, prefix = '', kid = '', encoded = ''] = shape.exec(text) ?? [];
  const method = methodOf.get(prefix as (typeof prefixes)[PrefixedMethod]);
  const body = decodeBase64url(encoded);
  if (method === undefined || body === undefined) throw malformedToken();
  return { method, kid, body };
}

export function malformedToken(): Fault {
  return new Fault('token_malformed', 'this is no token', {
    heals: false,
    advice:
      'A token is rsa1, vlt1, siv1 or hmac1, then .<key id>.<base64url>, whole and without spaces; a shorter one was cut off. Tokens of ff1 and ipcrypt look like values: name their field.',
  });
}
