import { z } from 'zod';

/**
 * Strict base64url (RFC 4648 section 5, no padding), or undefined. `Buffer.from` skips foreign characters, takes the
 * plain base64 alphabet and ignores trailing bits, so several texts would mean the same bytes; here exactly one does.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

/** A field of a key file that holds exactly `length` bytes in base64url. */
export function encodedBytes(length: number) {
  return z.string().transform((text, context) => {
    const bytes = decodeBase64url(text);
    if (bytes?.length === length) return bytes;
    context.addIssue({ code: 'custom', message: `not ${length} bytes in base64url` });
    return z.NEVER;
  });
}
