import { timingSafeEqual } from 'node:crypto';
import type { MaskSpec } from '@masque/pipeline';
import type { MaskKeys, RefusedKey, UnmaskKeys } from './keys.ts';
import type { Opened } from './method.ts';
import { keysOf, type OpeningKey } from './opening-keys.ts';
import { createShapedUnmasker } from './shaped-unmasker.ts';
import { malformedToken, parseToken, type Token } from './token.ts';
import * as faults from './unmasking-faults.ts';

export interface Unmasked {
  readonly field: string;
  readonly kid: string;
  readonly value: string;
}

export interface UnmaskHelp {
  /** The vault's ciphertext of the token, which a token of the method `vault` is nothing without. */
  readonly entry?: Uint8Array;
  /** The key of a token that names none, where there are several. */
  readonly kid?: string;
}

/** The custodian's side. It trusts no token: what opens is masked again and must come out the same. */
export interface Unmasker {
  /**
   * Tokens of `ff1` and of `ipcrypt-…` look like values: they are unmasked if their field is told, and then whatever
   * was given comes out as some value, since nothing in it could prove that a key made it.
   * @param expectedField the field of the column that the token was found in, where that is known
   * A promise, as the private key may be in a service's hands.
   * @throws {Fault} `token_malformed`, `token_key_unknown`, `token_key_disabled`, `token_key_destroyed`, `token_forged`,
   * `token_wrong_field`, `token_irreversible`, `token_entry_needed`, `token_key_ambiguous`
   */
  unmask(this: void, token: string, expectedField?: string, help?: UnmaskHelp): Promise<Unmasked>;
  /** What a token says of itself: whether the vault must be asked for it first. Undefined when it says nothing. */
  describe(this: void, token: string): { readonly method: Token['method']; readonly kid: string } | undefined;
}

export interface UnmaskerOptions {
  readonly mask: Readonly<Record<string, MaskSpec>>;
  /** The masker's: tokens are made again with them. */
  readonly maskKeys: MaskKeys;
  readonly unmaskKeys: UnmaskKeys;
  /** Known by name, so that their tokens can be told from a stranger's. */
  readonly refused?: readonly RefusedKey[];
}

/** @throws {Fault} `key_pair_mismatch` */
export function createUnmasker(options: UnmaskerOptions): Unmasker {
  const keys = keysOf(options);
  const refused = new Map((options.refused ?? []).map((key) => [key.kid, key]));
  const shaped = createShapedUnmasker(options);

  async function open(text: string, expectedField: string | undefined, help: UnmaskHelp): Promise<Unmasked> {
    const { kid, method, body } = parseToken(text);
    const fitting = [...keys.values()].filter((key) => key.method === method && key.tokenKid === kid);
    const [first] = fitting;
    const known = refused.get(kid);
    if (first === undefined)
      throw known?.method === method ? faults.refusedKey(known) : faults.unknownKey(kid, [...keys.keys()]);
    if (!first.fits(body.length)) throw malformedToken();
    if (first.open === undefined) throw faults.irreversible(method, kid);
    if (method === 'vault' && help.entry === undefined) throw faults.entryNeeded(kid);
    const found = await firstThatOpens(fitting, body, text, help.entry);
    if (found === undefined) throw faults.forged(kid);
    if (expectedField !== undefined && found.field !== expectedField) {
      throw faults.wrongField(kid, found.field, expectedField);
    }
    return { field: found.field, kid, value: found.value };
  }

  return {
    async unmask(text, expectedField, help = {}) {
      const spec = Object.entries(options.mask).find(([field]) => field === expectedField)?.[1];
      switch (spec?.method) {
        case 'ff1':
        case 'ipcrypt-det':
        case 'ipcrypt-pfx':
          return shaped(text, expectedField ?? '', spec, help.kid);
        case 'truncate':
        case 'redact':
          throw faults.irreversible(spec.method);
        default:
          return open(text, expectedField, help);
      }
    },
    describe(text) {
      try {
        const { method, kid } = parseToken(text);
        return { method, kid };
      } catch {
        return undefined;
      }
    },
  };
}

/** Several keys may make one name's tokens: those of a vault, whose entries are encrypted to one or another of them. */
async function firstThatOpens(
  keys: readonly OpeningKey[],
  body: Buffer,
  text: string,
  entry: Uint8Array | undefined,
): Promise<Opened | undefined> {
  for (const key of keys) {
    const opened = (await key.open?.(body, [...key.maskings.keys()], entry)) ?? [];
    const found = opened.find(({ field, value }) => isEqual(masked(key, field, value), text));
    if (found !== undefined) return found;
  }
  return undefined;
}

function masked({ maskings }: OpeningKey, field: string, value: string): unknown {
  return maskings.get(field)?.maskBatch([value])[0];
}

function isEqual(made: unknown, given: string): boolean {
  if (typeof made !== 'string' || made.length !== given.length) return false;
  return timingSafeEqual(Buffer.from(made), Buffer.from(given));
}
