import { endOfString } from './structure.ts';

/**
 * JSON.parse for texts that spell a key with an escape, where V8's own (12.8 up to at least 14.6) may give another
 * key: it takes a key it has seen in the same place of an earlier text when the raw spelling begins like it, so that
 * after `{"a":1,"\\u":1}` the text `{"a":1,"\u0069p":1}` has the key `\u` and no `ip`. One message could so change
 * what another says. https://github.com/nodejs/node/issues/63785
 *
 * Texts without such keys are not affected, nor are texts outside of objects, so strings and numbers are left to
 * JSON.parse.
 *
 * @param text JSON that has been parsed without error and does not nest deeply: each level is a call
 */
export function parseExactly(text: string): unknown {
  let at = 0;

  /** A bracket, brace, comma, colon, or a whole string, number or word. */
  function token(): string {
    while (/\s/.test(text.charAt(at))) at += 1;
    const start = at;
    if (text.charAt(at) === '"') at = endOfString(text, at) + 1;
    else {
      mark.lastIndex = at;
      mark.test(text);
      at = mark.lastIndex;
    }
    return text.slice(start, at);
  }

  function value(first: string): unknown {
    if (first === '[') return [...members(']')].map(([, item]) => item);
    // fromEntries defines: `__proto__` becomes a member like any other, and of equal keys the last one stays.
    if (first === '{') return Object.fromEntries(members('}'));
    return JSON.parse(first);
  }

  function* members(end: '}' | ']'): Generator<[string, unknown]> {
    for (let next = token(); next !== end; next = token()) {
      if (next === ',') next = token();
      if (end === ']') yield ['', value(next)];
      else {
        token();
        yield [JSON.parse(next) as string, value(token())];
      }
    }
  }

  return value(token());
}

const mark = /[[\]{},:]|[^\s[\]{},:]+/y;
