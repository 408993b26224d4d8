import { randomBytes } from 'node:crypto';
import { z } from 'zod';

/** RFC 4648 base32 in lower case: no character that needs quoting in a token, a path, a label or SQL. */
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

export const kidPattern = /^[a-z2-7]{6}$/;

export const kidSchema = z.string().regex(kidPattern);

/** A key id: 30 random bits. It says nothing of the key, so it may stand in tokens, rows, logs and labels. */
export function newKid(): string {
  // 256 is a multiple of 32, so the five low bits of a random byte are unbiased.
  return Array.from(randomBytes(6), (byte) => alphabet.charAt(byte & 31)).join('');
}
