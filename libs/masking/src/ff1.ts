import { type Ff1Mask, type Refusal, refuse } from '@masque/pipeline';
import { type AesFf1, createAesFf1 } from './aes-ff1.ts';
import { deriveFieldKey } from './derivation.ts';
import { fingerprint } from './fingerprint.ts';
import type { SecretMaskKey } from './keys.ts';
import type { MaskingMethod, ShapedUnmasking } from './method.ts';

/**
 * The method `ff1`: a token of the value's own length and alphabet, for columns that take nothing else.
 *
 *     K     = HKDF-SHA256(secret, no salt, info lp("masque/ff1/v1") || lp(field) || lp(kid), 32 bytes)
 *     token = FF1-AES-256(K, no tweak; the value's characters of the alphabet), the kept ones where they were
 *
 * What it gives away beyond equality: the length, where which kept characters stand, and, since a token looks like a
 * value, no sign that it is one. No kid is in it and nothing proves that a key made it: whatever is given to the way
 * back comes out as something. Three kinds of values are refused: with a character that is neither of the alphabet
 * nor kept; with so few characters that there are not a million like it (the bound of SP 800-38G revision 1); and the
 * one in a domain, on average, that the key maps to itself.
 */
export function createFf1Masking(field: string, spec: Ff1Mask, key: SecretMaskKey): MaskingMethod {
  const shaping = createShaping(spec);
  const ff1 = ff1Of(field, spec, key);

  return {
    method: 'ff1',
    key: { kid: key.kid, fingerprint: fingerprint(key) },
    remember: true,
    maskBatch(values) {
      const tokens = mapBatch(shaping, ff1.encrypt, values);
      return tokens.map((token, index) => (token === values[index] ? refuse('masked_as_itself') : token));
    },
    isToken: (result, value) => typeof result === 'string' && result !== value && shaping.isLike(result, value),
  };
}

export function createFf1Unmasking(field: string, spec: Ff1Mask, key: SecretMaskKey): ShapedUnmasking {
  const shaping = createShaping(spec);
  const ff1 = ff1Of(field, spec, key);
  return (token) => {
    const [value] = mapBatch(shaping, ff1.decrypt, [token]);
    return typeof value === 'string' ? value : undefined;
  };
}

function ff1Of(field: string, { alphabet }: Ff1Mask, key: SecretMaskKey): AesFf1 {
  const secret = deriveFieldKey(key.secret, 'masque/ff1/v1', field, key.kid, 32);
  return createAesFf1({ key: secret, radix: alphabet.length });
}

interface Shaping {
  /** The numerals of a text's characters of the alphabet, or why it has none. */
  numerals(text: string): number[] | Refusal;
  /** The text with other numerals, kept characters where they are. */
  withNumerals(text: string, numerals: readonly number[]): string;
  isLike(one: string, other: string): boolean;
}

/** SP 800-38G revision 1, section 4. */
const leastDomain = 1_000_000;

function createShaping({ alphabet, keep, maxLength }: Ff1Mask): Shaping {
  const numeralOf = new Map(Array.from(alphabet, (character, numeral) => [character, numeral]));
  const isKept = (character: string): boolean => keep.includes(character);
  // Counted, not Math.log(1e6) / Math.log(radix), which rounds: six digits are enough, and their logarithm says less.
  let leastLength = 1;
  while (alphabet.length ** leastLength < leastDomain) leastLength += 1;

  return {
    numerals(text) {
      if (text.length > maxLength) return refuse('too_long');
      const numerals: number[] = [];
      for (const character of text) {
        const numeral = numeralOf.get(character);
        if (numeral !== undefined) numerals.push(numeral);
        else if (!isKept(character)) return refuse('outside_alphabet');
      }
      return numerals.length < leastLength ? refuse('domain_too_small') : numerals;
    },
    withNumerals(text, numerals) {
      let at = 0;
      return Array.from(text, (character) => {
        if (isKept(character)) return character;
        at += 1;
        return alphabet.charAt(numerals[at - 1] ?? -1);
      }).join('');
    },
    isLike: (one, other) =>
      one.length === other.length &&
      Array.from(one).every((character, at) =>
        isKept(character) ? character === other[at] : numeralOf.has(character) && numeralOf.has(other[at] ?? ''),
      ),
  };
}

function mapBatch(shaping: Shaping, cipher: AesFf1['encrypt'], texts: readonly string[]): (string | Refusal)[] {
  const results: (string | Refusal)[] = [];
  const byLength = new Map<number, { readonly index: number; readonly numerals: number[] }[]>();
  for (const [index, text] of texts.entries()) {
    const numerals = shaping.numerals(text);
    if (!Array.isArray(numerals)) {
      results[index] = numerals;
      continue;
    }
    const group = byLength.get(numerals.length);
    if (group === undefined) byLength.set(numerals.length, [{ index, numerals }]);
    else group.push({ index, numerals });
  }
  for (const [length, group] of byLength) {
    const made = cipher(
      length,
      group.map(({ numerals }) => numerals),
    );
    for (const [place, { index }] of group.entries()) {
      results[index] = shaping.withNumerals(texts[index] ?? '', made[place] ?? []);
    }
  }
  return results;
}
