import { createPublicKey, timingSafeEqual } from 'node:crypto';
import { Fault } from '@masque/fault';
import type { MaskSpec } from '@masque/pipeline';
import type { MaskKeys, UnmaskKey, UnmaskKeys } from './keys.ts';
import type { MaskingMethod, UnmaskingMethod } from './method.ts';
import { createRsaUnmasking } from './rsa.ts';
import { createMethods } from './selection.ts';
import { malformedToken, parseToken } from './token.ts';

export interface Unmasked {
  readonly field: string;
  readonly kid: string;
  readonly value: string;
}

/** The custodian's side. It trusts no token: what opens is masked again and must come out the same. */
export interface Unmasker {
  /**
   * @param expectedField the field of the column that the token was found in, where that is known
   * @throws {Fault} `token_malformed`, `token_key_unknown`, `token_forged`, `token_wrong_field`
   */
  unmask(this: void, token: string, expectedField?: string): Unmasked;
}

export interface UnmaskerOptions {
  readonly mask: Readonly<Record<string, MaskSpec>>;
  /** The masker's: tokens are made again with them. */
  readonly maskKeys: MaskKeys;
  readonly unmaskKeys: UnmaskKeys;
}

interface Key {
  readonly masking: MaskingMethod;
  readonly unmasking: UnmaskingMethod;
}

/** @throws {Fault} `key_pair_mismatch` */
export function createUnmasker(options: UnmaskerOptions): Unmasker {
  const keys = pair(options.maskKeys, options.unmaskKeys);

  /** The field of which `text` is the token of `value`, if there is one. */
  function fieldOf(text: string, value: string, { masking }: Key): string | undefined {
    const fields = Object.keys(options.mask).filter((field) => options.mask[field]?.method === masking.method);
    return fields.find((field) => isEqual(masking.maskBatch(field, [value])[0], text));
  }

  return {
    unmask(text, expectedField) {
      const { kid, method, body } = parseToken(text);
      const key = keys.get(kid);
      if (key?.unmasking.method !== method) throw unknownKey(kid, [...keys.keys()]);
      if (body.length !== key.unmasking.bodyBytes) throw malformedToken();
      const [value] = key.unmasking.openBatch([body]);
      const field = value === undefined ? undefined : fieldOf(text, value, key);
      if (value === undefined || field === undefined) throw forged(kid);
      if (expectedField !== undefined && field !== expectedField) throw wrongField(kid, field, expectedField);
      return { field, kid, value };
    },
  };
}

function pair(maskKeys: MaskKeys, unmaskKeys: UnmaskKeys): Map<string, Key> {
  const methods = createMethods(maskKeys);
  const keys = new Map<string, Key>();
  for (const unmaskKey of unmaskKeys) {
    const found = methods.find(({ key }) => key.kid === unmaskKey.kid && key.method === unmaskKey.method);
    if (found === undefined || !createPublicKey(unmaskKey.privateKey).equals(found.key.publicKey))
      throw mismatch(unmaskKey);
    keys.set(unmaskKey.kid, { masking: found.masking, unmasking: createRsaUnmasking(unmaskKey) });
  }
  return keys;
}

function isEqual(made: unknown, given: string): boolean {
  if (typeof made !== 'string' || made.length !== given.length) return false;
  return timingSafeEqual(Buffer.from(made), Buffer.from(given));
}

function mismatch({ kid }: UnmaskKey): Fault {
  return new Fault('key_pair_mismatch', `the private key ${kid} has no mask key that belongs to it`, {
    heals: false,
    setting: 'MASQUE_KEYS_DIR',
    advice: 'Put custodian/unmask.json and custodian/mask.json of one `masque keys init` together.',
    details: { kid },
  });
}

function unknownKey(kid: string, held: readonly string[]): Fault {
  return new Fault(
    'token_key_unknown',
    `the token was made with the key ${kid}; the keys here are ${held.join(', ')}`,
    {
      heals: false,
      setting: 'MASQUE_KEYS_DIR',
      advice: 'Fetch the custodian’s files of that key.',
      details: { kid },
    },
  );
}

function forged(kid: string): Fault {
  return new Fault('token_forged', `the token names the key ${kid}, but no masker made it with that key`, {
    heals: false,
    advice: 'It was altered, made by someone without the masker’s secret, or is of a field that the pipeline lacks.',
    details: { kid },
  });
}

function wrongField(kid: string, field: string, expected: string): Fault {
  return new Fault('token_wrong_field', `the token is of the field "${field}", not of "${expected}"`, {
    heals: false,
    advice: 'It was moved from one column to another.',
    details: { kid, field, expected },
  });
}
