import { composeMasker, fieldsOf, type Masker, type MaskerOptions } from './masker.ts';
import type { MaskingMethod } from './method.ts';

export type { MaskingMethod };

/** A masker whose methods do their work wrong, to see that nothing of it gets out. For tests alone. */
export function createBrokenMasker(
  options: MaskerOptions,
  broken: (method: MaskingMethod) => Partial<MaskingMethod>,
): Masker {
  const fields = fieldsOf(options);
  return composeMasker(
    fields.map((field) => Object.assign({}, field, { method: Object.assign({}, field.method, broken(field.method)) })),
  );
}
