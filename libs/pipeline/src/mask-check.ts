import type { Ff1Mask, MaskSpec, RedactMask, TruncateMask } from './mask.ts';

/** What no mask function would have given, for definitions that no compiler saw; undefined when all is well. */
export function maskFault(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return nothing;
  const spec = value as MaskSpec;
  switch (spec.method) {
    case 'rsa':
    case 'vault':
      return isForm(spec.form) && [2048, 3072, 4096].includes(spec.bits) ? undefined : nothing;
    case 'siv': {
      if (!isForm(spec.form)) return nothing;
      // A masked batch is one Redis value; a field of more than a few kilobytes has no place in a token.
      return isWhole(spec.maxBytes, 1, 4_096) ? undefined : 'takes a maxBytes that is not 1 to 4,096';
    }
    case 'hmac':
      return isForm(spec.form) ? undefined : nothing;
    case 'ff1':
      return ff1Fault(spec);
    case 'ipcrypt-det':
    case 'ipcrypt-pfx':
      return spec.form === 'address' ? undefined : nothing;
    case 'truncate':
      return truncateFault(spec);
    case 'redact':
      return redactFault(spec);
    default:
      spec satisfies never;
      return nothing;
  }
}

const nothing = 'says nothing that can be done to it';

function isForm(form: unknown): boolean {
  return form === 'address' || form === 'text';
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function ff1Fault({ form, alphabet, keep, maxLength }: Ff1Mask): string | undefined {
  if (form !== 'text') return nothing;
  if (typeof alphabet !== 'string' || !/^[!-~]{2,94}$/.test(alphabet) || hasRepeat(alphabet)) {
    return 'takes an alphabet that is not 2 to 94 different printable ASCII characters without space';
  }
  if (typeof keep !== 'string' || !/^[ -~]*$/.test(keep) || hasRepeat(keep + alphabet)) {
    return 'keeps characters that are in the alphabet, repeated, or not printable ASCII';
  }
  if (!isWhole(maxLength, 1, 1_024)) return 'takes a maxLength that is not 1 to 1,024';
  return BigInt(alphabet.length) ** BigInt(maxLength) < 1_000_000n
    ? 'takes a maxLength so short that no value would have a million possible ones'
    : undefined;
}

function hasRepeat(text: string): boolean {
  return new Set(text).size !== text.length;
}

function truncateFault({ form, v4, v6 }: TruncateMask): string | undefined {
  if (form !== 'address') return nothing;
  if (!isWhole(v4, 1, 24)) return 'takes a v4 that is not 1 to 24 bits';
  return isWhole(v6, 1, 48) ? undefined : 'takes a v6 that is not 1 to 48 bits';
}

function redactFault({ form, as }: RedactMask): string | undefined {
  if (form !== 'opaque') return nothing;
  if (as === null) return undefined;
  const holds = typeof as === 'string' && as.length <= 1_024 && as.isWellFormed() && !as.includes('\0');
  return holds ? undefined : 'takes an as that is neither null nor a text of at most 1,024 characters';
}
