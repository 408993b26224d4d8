import { tokenStart } from './token.ts';
import type { MethodName } from './method.ts';

const base64url = /^[\w-]+$/;

/** Whether something is a token that begins with `prefix` and has one of the lengths allowed. */
export function prefixedTokenCheck(
  method: Extract<MethodName, 'rsa' | 'vault' | 'siv' | 'hmac'>,
  kid: string,
  bodyFits: (bytes: number) => boolean,
): (result: unknown) => boolean {
  const prefix = tokenStart(method, kid);
  return (result) => {
    if (typeof result !== 'string' || !result.startsWith(prefix)) return false;
    const body = result.slice(prefix.length);
    return base64url.test(body) && bodyFits(Math.floor((body.length * 3) / 4));
  };
}
