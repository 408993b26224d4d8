import { type MaskSpec, type Refusal, refuse } from '@masque/pipeline';
import { addressText } from './address.ts';
import { isTokenShaped } from './token.ts';

/**
 * Brings every spelling of a value to one, so that equal values give equal tokens. Total: what has no canonical form
 * is refused, and nothing throws. Applied to its own result it changes nothing.
 */
export function canonicalise(form: MaskSpec['form'], value: string): string | Refusal {
  // Types end where JSON begins; a number here must not slip through unmasked.
  if (typeof value !== 'string') return refuse('wrong_type');
  // All of them are one: what is thrown away needs no form, and nothing behind here needs to see it.
  if (form === 'opaque') return '';
  // Half a surrogate pair has no UTF-8: all of them would be encoded as U+FFFD and share one token.
  if (!value.isWellFormed()) return refuse('lone_surrogate');
  const trimmed = value.trim();
  if (trimmed === '') return refuse('empty_value');
  // Masked twice it would equal nothing that was masked once.
  if (isTokenShaped(trimmed)) return refuse('already_masked');
  switch (form) {
    case 'address':
      return addressText(trimmed) ?? refuse('not_an_address');
    case 'text':
      return trimmed.normalize('NFC');
    default:
      return form satisfies never;
  }
}
