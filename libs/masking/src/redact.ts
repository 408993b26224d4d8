import type { RedactMask } from '@masque/pipeline';
import type { MaskingMethod } from './method.ts';

/** The method `redact`: one text, or NULL, for every value. What was null stays null, so presence shows. */
export function createRedactMasking({ as }: RedactMask): MaskingMethod {
  return {
    method: 'redact',
    remember: false,
    maskBatch: (values) => values.map(() => as),
    isToken: (result) => result === as,
  };
}
