import { z } from 'zod';

/**
 * A key file of one role, in every version that is read; version 2 is written.
 *
 * Version 1 is what `masque keys init` made before keys had lives: all of them PRIMARY or ENABLED. Version 2 has every
 * status, and counts its changes, so that of two copies the older one can be told.
 */
export function keyFileSchema<Role extends z.ZodType, First extends z.ZodType, Second extends z.ZodType>(
  role: Role,
  keys: { readonly first: First; readonly second: Second },
) {
  return z.discriminatedUnion('version', [
    z.strictObject({ version: z.literal(1), role, keys: keys.first }),
    z.strictObject({ version: z.literal(2), role, revision: z.int().min(1), keys: keys.second }),
  ]);
}

/** What is left in a file of a key whose secret is gone. */
export function destroyedEntry<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject({ ...shape, status: z.literal('DESTROYED'), fingerprint: fingerprintSchema });
}

export const fingerprintSchema = z.string().regex(/^[0-9a-f]{16}$/);
