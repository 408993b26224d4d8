/**
 * Tokens of recent values: logins repeat, and an RSA operation costs a hundred times what a look-up does. Bounded by
 * entries and by memory; the least recently used goes first. It holds plain values, which live here no longer than
 * the process; give it 0 entries to keep none.
 */
export interface Memo {
  get(this: void, value: string): string | undefined;
  set(this: void, value: string, token: string): void;
}

export interface MemoLimits {
  readonly entries: number;
  readonly bytes: number;
}

/** A Map's own cost per entry on 64 bits, and the headers of two strings. */
const entryBytes = 100;

export function createMemo(limits: MemoLimits): Memo {
  // A Map keeps the order of insertion, so its first key is the one not used for longest.
  const tokens = new Map<string, string>();
  let bytes = 0;

  function evict(): void {
    for (const [value, token] of tokens) {
      if (tokens.size <= limits.entries && bytes <= limits.bytes) return;
      tokens.delete(value);
      bytes -= sizeOf(value, token);
    }
  }

  return {
    get(value) {
      const token = tokens.get(value);
      if (token === undefined) return undefined;
      tokens.delete(value);
      tokens.set(value, token);
      return token;
    },
    set(value, token) {
      if (tokens.has(value)) return;
      tokens.set(value, token);
      bytes += sizeOf(value, token);
      evict();
    },
  };
}

/** Two bytes for a character of the value; tokens are ASCII, which V8 keeps in one. */
function sizeOf(value: string, token: string): number {
  return 2 * value.length + token.length + entryBytes;
}
