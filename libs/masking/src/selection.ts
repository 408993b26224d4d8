import { Fault } from '@masque/fault';
import type { MaskSpec } from '@masque/pipeline';
import { createFf1Masking } from './ff1.ts';
import { createHmacMasking } from './hmac.ts';
import { createIpcryptMasking } from './ipcrypt.ts';
import { bitsOf, isPublic, type MaskKey, type MaskKeys } from './keys.ts';
import type { MemoLimits } from './memo.ts';
import type { MaskingMethod } from './method.ts';
import { createRedactMasking } from './redact.ts';
import { createRsaMasking } from './rsa.ts';
import { createSivMasking } from './siv.ts';
import { createTruncateMasking } from './truncate.ts';
import { createVaultMasking } from './vault.ts';

/**
 * The method that masks a field: of its specification's kind and size, under the PRIMARY key.
 * @throws {Fault} `key_missing`, `key_size_mismatch`, `key_ambiguous`
 */
export function methodFor(keys: MaskKeys, field: string, spec: MaskSpec, limits: MemoLimits): MaskingMethod {
  switch (spec.method) {
    case 'truncate':
      return createTruncateMasking(spec);
    case 'redact':
      return createRedactMasking(spec);
    default:
      return keyedMethod(field, spec, primaryKey(keys, field, spec), limits);
  }
}

export type KeyedSpec = Exclude<MaskSpec, { readonly method: 'truncate' | 'redact' }>;

/** @throws {TypeError} for a key of another method than the specification's: a defect of the caller */
export function keyedMethod(field: string, spec: KeyedSpec, key: MaskKey, limits: MemoLimits): MaskingMethod {
  if (key.method !== spec.method) throw new TypeError('the key is of another method');
  if (isPublic(key)) {
    return spec.method === 'rsa' ? createRsaMasking(field, key) : createVaultMasking(field, key, limits);
  }
  switch (spec.method) {
    case 'siv':
      return createSivMasking(field, spec, key);
    case 'hmac':
      return createHmacMasking(field, key);
    case 'ff1':
      return createFf1Masking(field, spec, key);
    case 'ipcrypt-det':
    case 'ipcrypt-pfx':
      return createIpcryptMasking(field, spec, key);
    case 'rsa':
    case 'vault':
      throw new TypeError('the key is of another method');
    default:
      return spec satisfies never;
  }
}

function primaryKey(keys: MaskKeys, field: string, spec: KeyedSpec): MaskKey {
  const bits = 'bits' in spec ? spec.bits : undefined;
  const primary = keys.filter((key) => key.method === spec.method && key.status === 'PRIMARY');
  const [fitting, second] = primary.filter((key) => bitsOf(key) === bits);
  // With two, replicas could choose differently, and equal values would get different tokens.
  if (second !== undefined) throw ambiguous(field, spec, bits);
  if (fitting !== undefined) return fitting;
  throw primary.length === 0 ? missing(field, spec) : mismatch(field, spec, bits, primary);
}

function missing(field: string, spec: MaskSpec): Fault {
  return new Fault('key_missing', `no PRIMARY key of the method ${spec.method} for the field "${field}"`, {
    heals: false,
    setting: 'MASQUE_KEYS_DIR',
    advice: 'Make keys with `masque keys init`.',
    details: { field, method: spec.method },
  });
}

function mismatch(field: string, { method }: MaskSpec, bits: number | undefined, found: MaskKeys): Fault {
  const sizes = found.map((key) => `${key.kid} of ${bitsOf(key)} bits`).join(', ');
  return new Fault('key_size_mismatch', `the field "${field}" wants RSA of ${bits} bits, but there is ${sizes}`, {
    heals: false,
    setting: 'MASQUE_KEYS_DIR',
    advice: 'Tokens change with the key: set the pipeline’s bits to the key’s, or make keys for a new table.',
    details: { field, method, ...(bits === undefined ? {} : { bits }) },
  });
}

function ambiguous(field: string, { method }: MaskSpec, bits: number | undefined): Fault {
  const size = bits === undefined ? '' : ` of ${bits} bits`;
  return new Fault(
    'key_ambiguous',
    `more than one PRIMARY key of the method ${method}${size} for the field "${field}"`,
    {
      heals: false,
      setting: 'MASQUE_KEYS_DIR',
      advice: 'Leave one PRIMARY and make the others ENABLED.',
      details: { field, method },
    },
  );
}
