import type { MaskSpec } from '@masque/pipeline';
import { isPublic, type MaskKey, type MaskKeys, type RefusedKey, tokenKidOf, type UnmaskKeys } from './keys.ts';
import type { MaskingMethod, UnmaskingMethod } from './method.ts';
import { publicHalf } from './private-key.ts';
import { createRsaUnmasking } from './rsa.ts';
import { keyedMethod, type KeyedSpec } from './selection.ts';
import { createSivUnmasking } from './siv.ts';
import type { PrefixedMethod } from './token.ts';
import { keyPairMismatch } from './unmasking-faults.ts';
import { createVaultUnmasking } from './vault.ts';

/** A key that tokens name, and both ways under it. */
export interface OpeningKey {
  readonly method: PrefixedMethod;
  /** The key id that its tokens carry. */
  readonly tokenKid: string;
  /** By field of this method: tokens are made again with them. */
  readonly maskings: ReadonlyMap<string, MaskingMethod>;
  readonly fits: UnmaskingMethod['fits'];
  /** Absent where there is no way back. */
  readonly open?: UnmaskingMethod['open'];
}

interface Parts {
  readonly mask: Readonly<Record<string, MaskSpec>>;
  readonly maskKeys: MaskKeys;
  readonly unmaskKeys: UnmaskKeys;
  readonly refused?: readonly RefusedKey[];
}

/** By key id. A public key without its private half opens nothing and is left out. @throws {Fault} `key_pair_mismatch` */
export function keysOf({ mask, maskKeys, unmaskKeys, refused = [] }: Parts): Map<string, OpeningKey> {
  for (const { kid, method, privateKey } of unmaskKeys) {
    // A change that was interrupted has retired the one half and not yet the other.
    if (refused.some((key) => key.kid === kid)) continue;
    const pair = maskKeys.filter(isPublic).find((key) => key.kid === kid && key.method === method);
    if (pair === undefined || !publicHalf(privateKey).equals(pair.publicKey)) throw keyPairMismatch(kid);
  }
  const opened = maskKeys.map((key) => [key.kid, openingKey(key, mask, unmaskKeys)] as const);
  return new Map(opened.flatMap(([kid, key]) => (key === undefined ? [] : [[kid, key]])));
}

function openingKey(key: MaskKey, mask: Parts['mask'], unmaskKeys: UnmaskKeys): OpeningKey | undefined {
  const specs = Object.entries(mask).filter((field): field is [string, KeyedSpec] => field[1].method === key.method);
  const maskings = new Map(
    // Nothing is remembered: a custodian's process looks at few values and should keep none.
    specs.map(([field, spec]) => [field, keyedMethod(field, spec, key, { entries: 0, bytes: 0 })]),
  );
  const tokenKid = tokenKidOf(key);
  switch (key.method) {
    case 'rsa':
    case 'vault': {
      const unmaskKey = unmaskKeys.find(({ kid }) => kid === key.kid);
      if (unmaskKey === undefined) return undefined;
      const make = key.method === 'rsa' ? createRsaUnmasking : createVaultUnmasking;
      return { method: key.method, tokenKid, maskings, ...make(unmaskKey) };
    }
    case 'siv': {
      const forms = new Map(specs.flatMap(([field, spec]) => (spec.method === 'siv' ? [[field, spec]] : [])));
      return { method: key.method, tokenKid, maskings, ...createSivUnmasking(key, forms) };
    }
    case 'hmac':
      return { method: key.method, tokenKid, maskings, fits: (bytes) => bytes === 32 };
    case 'ff1':
    case 'ipcrypt-det':
    case 'ipcrypt-pfx':
      return undefined;
    default:
      return key satisfies never;
  }
}
