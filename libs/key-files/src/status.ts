import { z } from 'zod';

/**
 * What a key may still do. PRIMARY: new work and old; one per method and size. ENABLED: old work only.
 * A file with a status this version does not know is refused, not skipped: a reader that ignored a key's retirement
 * would go on using it.
 */
export const keyStatusSchema = z.enum(['PRIMARY', 'ENABLED']);

export type KeyStatus = z.output<typeof keyStatusSchema>;
