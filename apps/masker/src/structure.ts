/**
 * What JSON.parse does not tell: how deep a text nests, and whether an object names a key twice (it keeps the last,
 * other parsers the first, so the two ends of a pipeline could disagree about one record).
 *
 * Duplicates by counting: outside of strings, JSON has exactly one colon a member. So the text has as many colons as
 * the parsed value has keys, or some object named one twice. One pass, no second parser; strings are skipped with
 * `indexOf`.
 */

export interface Structure {
  readonly depth: number;
  readonly members: number;
  /** Some key is spelled with a backslash. */
  readonly hasEscapedKey: boolean;
}

const [quote, backslash, colon] = [0x22, 0x5c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/** @param text JSON that has been parsed without error */
export function measure(text: string): Structure {
  let [depth, deepest, members] = [0, 0, 0];
  let hasEscapedKey = false;
  let isEscaped = false;
  let nextEscape = text.indexOf('\\');
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case quote:
        at = endOfString(text, at);
        // The escapes are looked for once each, and most texts have none.
        isEscaped = nextEscape !== -1 && nextEscape < at;
        if (isEscaped) nextEscape = text.indexOf('\\', at);
        break;
      case colon:
        members += 1;
        hasEscapedKey ||= isEscaped;
        break;
      case openBrace:
      case openBracket:
        depth += 1;
        if (depth > deepest) deepest = depth;
        break;
      case closeBrace:
      case closeBracket:
        depth -= 1;
        break;
      default:
    }
  }
  return { depth: deepest, members, hasEscapedKey };
}

/** Index of the quote that ends the string which begins at `start`. */
export function endOfString(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes += 1;
    if (escapes % 2 === 0) return end;
  }
}

export interface Keys {
  readonly count: number;
  readonly hasProto: boolean;
}

/** Keys of every object in a parsed value. @param value nested no deeper than the caller has checked */
export function countKeys(value: unknown): Keys {
  if (typeof value !== 'object' || value === null) return { count: 0, hasProto: false };
  const isObject = !Array.isArray(value);
  let count = 0;
  let hasProto = false;
  for (const key of Object.keys(value)) {
    if (isObject) {
      count += 1;
      if (key === '__proto__') hasProto = true;
    }
    const child = (value as Record<string, unknown>)[key];
    if (typeof child === 'object' && child !== null) {
      const inner = countKeys(child);
      count += inner.count;
      hasProto ||= inner.hasProto;
    }
  }
  return { count, hasProto };
}

/** Keys that the outermost object names more than once. */
export function repeatedTopKeys(text: string): string[] {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  const beforeColon = /\s*:/y;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      const end = endOfString(text, at);
      beforeColon.lastIndex = end + 1;
      if (depth === 1 && beforeColon.test(text)) {
        const key = JSON.parse(text.slice(at, end + 1)) as string;
        if (seen.has(key)) repeated.add(key);
        seen.add(key);
      }
      at = end;
    } else if (code === openBrace || code === openBracket) depth += 1;
    else if (code === closeBrace || code === closeBracket) depth -= 1;
  }
  return [...repeated];
}
