import { z } from 'zod';

/**
 * An array of plain values, one a message or a row. It takes what `z.array(z.string())` and the like take, and says
 * which element is at fault as they do, but by one loop: they make an object or more for every element, and a copy of
 * the array, which for a batch was more garbage than the batch itself.
 */
export function listOf<T>(
  isElement: (value: unknown) => value is T,
  { least = 0 }: { readonly least?: number } = {},
): z.ZodType<T[], T[]> {
  return z.custom<T[]>().check(({ value, issues }) => {
    const given: unknown = value;
    const at = Array.isArray(given) ? given.findIndex((element) => !isElement(element)) : -1;
    if (at === -1 && Array.isArray(given) && given.length >= least) return;
    issues.push({ code: 'custom', input: given, path: at === -1 ? [] : [at] });
  });
}

export const isText = (value: unknown): value is string => typeof value === 'string';

export const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);

/** A place in another list. */
export const isIndex = (value: unknown): value is number => isWhole(value) && value >= 0;
