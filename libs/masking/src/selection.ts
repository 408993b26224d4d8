import { Fault } from '@masque/fault';
import type { MaskSpec } from '@masque/pipeline';
import { bitsOf, type MaskKey, type MaskKeys } from './keys.ts';
import type { MaskingMethod } from './method.ts';
import { createRsaMasking } from './rsa.ts';

/** A key and the method made of it. */
export interface KeyedMethod {
  readonly key: MaskKey;
  readonly masking: MaskingMethod;
}

export function createMethods(keys: MaskKeys): KeyedMethod[] {
  return keys.map((key) => ({ key, masking: createMethod(key) }));
}

function createMethod(key: MaskKey): MaskingMethod {
  switch (key.method) {
    case 'rsa':
      return createRsaMasking(key);
    default:
      return key.method satisfies never;
  }
}

/**
 * The method that masks a field: of its specification's kind and size, under the PRIMARY key.
 * @throws {Fault} `key_missing`, `key_size_mismatch`
 */
export function methodFor(methods: readonly KeyedMethod[], field: string, spec: MaskSpec): MaskingMethod {
  const primary = methods.filter(({ key }) => key.method === spec.method && key.status === 'PRIMARY');
  const [fitting, second] = primary.filter(({ key }) => bitsOf(key.publicKey) === spec.bits);
  // With two, replicas could choose differently, and equal values would get different tokens.
  if (second !== undefined) throw ambiguous(field, spec);
  if (fitting !== undefined) return fitting.masking;
  throw primary.length === 0 ? missing(field, spec) : mismatch(field, spec, primary);
}

function missing(field: string, spec: MaskSpec): Fault {
  return new Fault('key_missing', `no PRIMARY key of the method ${spec.method} for the field "${field}"`, {
    heals: false,
    setting: 'MASQUE_KEYS_DIR',
    advice: 'Make keys with `masque keys init`.',
    details: { field, method: spec.method },
  });
}

function mismatch(field: string, spec: MaskSpec, found: readonly KeyedMethod[]): Fault {
  const sizes = found.map(({ key }) => `${key.kid} of ${bitsOf(key.publicKey)} bits`).join(', ');
  return new Fault('key_size_mismatch', `the field "${field}" wants RSA of ${spec.bits} bits, but there is ${sizes}`, {
    heals: false,
    setting: 'MASQUE_KEYS_DIR',
    advice: 'Tokens change with the key: set the pipeline’s bits to the key’s, or make keys for a new table.',
    details: { field, bits: spec.bits },
  });
}

function ambiguous(field: string, spec: MaskSpec): Fault {
  return new Fault('key_ambiguous', `more than one PRIMARY key of ${spec.bits} bits for the field "${field}"`, {
    heals: false,
    setting: 'MASQUE_KEYS_DIR',
    advice: 'Leave one PRIMARY and make the others ENABLED.',
    details: { field },
  });
}
