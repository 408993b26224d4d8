import { Fault } from '@masque/fault';
import { isRefusal, type MaskSpec, reasonCodes, type Refusal } from '@masque/pipeline';
import { canonicalise } from './canonical.ts';
import type { MaskKeys } from './keys.ts';
import { composeMasker, fieldNotMasked } from './masker.ts';
import { keyedMethod, methodFor } from './selection.ts';
import type { VaultEntries, VaultEntry } from './vault-entries.ts';

/** A token that a value has or may have in the table. */
export interface FoundToken {
  /** Null where the mask puts NULL. */
  readonly token: string | null;
  /** The key that makes it; absent where no key takes part. */
  readonly key?: { readonly kid: string; readonly status: string };
  /** What the vault holds for it, freshly encrypted. */
  readonly entry?: VaultEntry;
}

/** The custodian's way from a value to its rows. It makes tokens by the same code as a masker, and with its checks. */
export interface Finder {
  /** As a masker would now. @throws {Fault} as `find` */
  mask(this: void, field: string, value: string): FoundToken;
  /**
   * Under each key of the field's method: what was masked before a rotation is in the table still, and what is masked
   * with a key that is to follow may come any moment.
   * @throws {Fault} `field_not_masked`, `key_missing`, and a refusal's own code, such as `not_an_address`
   */
  find(this: void, field: string, value: string): FoundToken[];
  /** Whether another spelling is of the same value. */
  isSame(this: void, field: string, one: string, other: string): boolean;
}

export interface FinderOptions {
  readonly mask: Readonly<Record<string, MaskSpec>>;
  /** Those that may be used. */
  readonly keys: MaskKeys;
}

/** A custodian's process looks at few values and should keep none. */
const nothing = { entries: 0, bytes: 0 };

export function createFinder({ mask, keys }: FinderOptions): Finder {
  function specOf(field: string): MaskSpec {
    const spec = Object.hasOwn(mask, field) ? mask[field] : undefined;
    if (spec === undefined) throw fieldNotMasked(field);
    return spec;
  }

  function tokenUnder(field: string, value: string, method: ReturnType<typeof methodFor>): FoundToken {
    const entries: VaultEntries = new Map();
    // A key of before may be longer than what the definition asks for today.
    const masker = composeMasker([
      { name: field, form: specOf(field).form, method, tokenLength: Infinity, memo: undefined },
    ]);
    const [token = null] = masker.mask(field, [value], entries);
    if (isRefusal(token)) throw refused(field, token);
    const kid = method.key?.kid;
    const status = keys.find((key) => key.kid === kid)?.status;
    const entry = entries.get(token ?? '');
    return {
      token,
      ...(kid === undefined || status === undefined ? {} : { key: { kid, status } }),
      ...(entry === undefined ? {} : { entry }),
    };
  }

  return {
    mask: (field, value) => tokenUnder(field, value, methodFor(keys, field, specOf(field), nothing)),
    find(field, value) {
      const spec = specOf(field);
      if (spec.method === 'truncate' || spec.method === 'redact') {
        return [tokenUnder(field, value, methodFor(keys, field, spec, nothing))];
      }
      const each = keys
        .filter(({ method }) => method === spec.method)
        .map((key) => tokenUnder(field, value, keyedMethod(field, spec, key, nothing)));
      // Keys of a vault that follow one another make the same token.
      const found = each.filter(({ token }, at) => each.findIndex((other) => other.token === token) === at);
      // Says which key is missing.
      return found.length > 0 ? found : [tokenUnder(field, value, methodFor(keys, field, spec, nothing))];
    },
    isSame(field, one, other) {
      const { form } = specOf(field);
      const [a, b] = [canonicalise(form, one), canonicalise(form, other)];
      return !isRefusal(a) && a === b;
    },
  };
}

function refused(field: string, { refused: reason }: Refusal): Fault {
  return new Fault(reason, `the value is not masked: ${reasonCodes[reason]}`, {
    heals: false,
    advice: 'A message with it would be quarantined for the same reason.',
    details: { field },
  });
}
