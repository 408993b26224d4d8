import { createHash, randomBytes } from 'node:crypto';

/**
 * Who is logged in, in this process's memory: a restart asks everybody again, and a log-out is one. Kept by hash, so
 * that a heap dump holds no cookie that opens anything.
 */
export interface Sessions {
  /** Its secret, for the cookie. */
  open(): string;
  isOpen(secret: string | undefined): boolean;
  close(secret: string | undefined): void;
}

export const sessionHours = 12;
const sessionMs = sessionHours * 3_600_000;
/** More than anybody needs; the oldest goes first. */
const sessionsMax = 1_000;

export function createSessions(now: () => number = Date.now): Sessions {
  const ends = new Map<string, number>();
  return {
    open() {
      const secret = randomBytes(32).toString('base64url');
      ends.set(keyOf(secret), now() + sessionMs);
      for (const key of ends.keys()) {
        if (ends.size <= sessionsMax) break;
        ends.delete(key);
      }
      return secret;
    },
    isOpen(secret) {
      if (secret === undefined) return false;
      const end = ends.get(keyOf(secret));
      if (end === undefined) return false;
      if (end > now()) return true;
      ends.delete(keyOf(secret));
      return false;
    },
    close(secret) {
      if (secret !== undefined) ends.delete(keyOf(secret));
    },
  };
}

function keyOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}
