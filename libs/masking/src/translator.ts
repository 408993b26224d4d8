import type { MaskSpec } from '@masque/pipeline';
import { fingerprint } from './fingerprint.ts';
import type { MaskKey, MaskKeys, RefusedKey, UnmaskKeys } from './keys.ts';
import type { MaskingMethod, Opened } from './method.ts';
import { keysOf, type OpeningKey } from './opening-keys.ts';
import { keyedMethod, type KeyedSpec, methodFor } from './selection.ts';
import { parseToken, type PrefixedMethod, type Token, tokenStart } from './token.ts';
import * as faults from './translation-faults.ts';
import { refusedKey } from './unmasking-faults.ts';

/**
 * Takes tokens of one key over to another. Values are opened and masked again inside; only tokens go in and come out.
 * Two tokens become one only if their values are one, and a token that no masker made does not become one that a
 * masker made: what opens is masked with the old key first and must come out the same, as `Unmasker` has it.
 */
export interface Translator {
  readonly kind: 'tokens';
  readonly from: TranslatorKey;
  readonly to: TranslatorKey;
  /** Fields that the new key masks now. Only in their columns are tokens to be taken over. */
  readonly fields: readonly string[];
  /** What the old key's tokens begin with. */
  readonly prefix: string;
  /** As many as tokens, in their order; undefined for one that no masker made with the old key. */
  translate(this: void, tokens: readonly string[]): Promise<(string | undefined)[]>;
}

export interface TranslatorKey {
  readonly kid: string;
  readonly method: PrefixedMethod;
  readonly fingerprint: string;
}

export interface TranslatorOptions {
  readonly mask: Readonly<Record<string, MaskSpec>>;
  readonly maskKeys: MaskKeys;
  readonly unmaskKeys: UnmaskKeys;
  /** Known by name, and not to be used. */
  readonly refused?: readonly RefusedKey[];
  /** Key ids. */
  readonly from: string;
  readonly to: string;
}

/**
 * @throws {Fault} `rekey_same_key`, `token_key_unknown`, `rekey_irreversible`, `rekey_unnamed`, `rekey_vault`,
 * `rekey_methods_differ`, `rekey_not_primary`, `key_pair_mismatch`, and those of a masker
 */
export function createTranslator(options: TranslatorOptions): Translator {
  const { mask, maskKeys } = options;
  if (options.from === options.to) throw faults.sameKey(options.from);
  const [from, to] = [keyNamed(options, options.from), keyNamed(options, options.to)];
  const method = translatable(from);
  if (to.method !== method) throw faults.methodsDiffer(from, to);
  const old = keysOf(options).get(from.kid);
  if (old?.open === undefined) throw faults.noWayBack(from.kid);

  const fields = Object.entries(mask)
    .filter((field): field is [string, KeyedSpec] => field[1].method === method)
    .filter(([field, spec]) => methodFor(maskKeys, field, spec, nothing).key?.kid === to.kid);
  if (fields.length === 0) throw faults.notPrimary(to.kid);
  const maskings = new Map(fields.map(([field, spec]) => [field, keyedMethod(field, spec, to, nothing)]));

  return {
    kind: 'tokens',
    from: { kid: from.kid, method, fingerprint: fingerprint(from) },
    to: { kid: to.kid, method, fingerprint: fingerprint(to) },
    fields: [...maskings.keys()],
    prefix: tokenStart(method, from.kid),
    async translate(tokens) {
      // All at once: private keys are worked with on other threads, or by a service.
      const opened = await Promise.all(tokens.map((token) => openToken(token, from.kid, old, [...maskings.keys()])));
      const translated: (string | undefined)[] = tokens.map(() => undefined);
      for (const [field, masking] of maskings) {
        const pending = opened.flatMap((found, at) => {
          const value = translated[at] === undefined ? found.find((each) => each.field === field)?.value : undefined;
          return value === undefined ? [] : [{ at, value }];
        });
        const again = masked(old.maskings.get(field), pending);
        const own = pending.filter(({ at }, index) => again[index] === tokens[at]);
        const made = masked(masking, own);
        for (const [index, { at }] of own.entries()) {
          const token = made[index];
          if (typeof token !== 'string' || !masking.isToken(token, own[index]!.value))
            throw new Error('a result is no token');
          translated[at] = token;
        }
      }
      return translated;
    },
  };
}

/** Nothing is remembered: what is translated is distinct. */
const nothing = { entries: 0, bytes: 0 };

export function keyNamed({ maskKeys, refused = [] }: TranslatorOptions, kid: string): MaskKey {
  const key = maskKeys.find((each) => each.kid === kid);
  if (key !== undefined) return key;
  const known = refused.find((each) => each.kid === kid);
  throw known === undefined ? faults.keyUnknown(kid, maskKeys) : refusedKey(known);
}

function translatable({ method, kid }: MaskKey): 'rsa' | 'siv' {
  switch (method) {
    case 'rsa':
    case 'siv':
      return method;
    case 'hmac':
      throw faults.irreversible(kid);
    case 'vault':
      throw faults.vault(kid);
    case 'ff1':
    case 'ipcrypt-det':
    case 'ipcrypt-pfx':
      throw faults.unnamed(method, kid);
    default:
      return method satisfies never;
  }
}

async function openToken(
  text: string,
  kid: string,
  { method, fits, open }: OpeningKey,
  fields: readonly string[],
): Promise<Opened[]> {
  const token = parsed(text);
  if (token?.kid !== kid || token.method !== method || !fits(token.body.length)) return [];
  return (await open?.(token.body, fields)) ?? [];
}

function parsed(text: string): Token | undefined {
  try {
    return parseToken(text);
  } catch {
    return undefined;
  }
}

function masked(masking: MaskingMethod | undefined, values: readonly { readonly value: string }[]): unknown[] {
  return values.length === 0 ? [] : (masking?.maskBatch(values.map(({ value }) => value)) ?? []);
}
