import type { MaskSpec, Refusal } from '@masque/pipeline';
import type { EntryMaker } from './vault-entries.ts';

export type MethodName = MaskSpec['method'];

/**
 * One way of masking one field under one key. Values arrive canonical and leave as tokens: what a value is, which key
 * is used and what is remembered is decided outside, once for all methods. Batches, because a cipher called once for
 * two hundred values costs a tenth of two hundred calls.
 */
export interface MaskingMethod {
  readonly method: MethodName;
  /** Absent where no key takes part. */
  readonly key?: { readonly kid: string; readonly fingerprint: string };
  /** Whether looking a token up costs clearly less than making it: only then are plain values remembered. */
  readonly remember: boolean;
  /** As many results as values, in their order. Equal values give equal tokens. Null only where `isToken` says so. */
  maskBatch(this: void, values: readonly string[]): (string | null | Refusal)[];
  /**
   * Whether a result has the looks of one that this method makes of this value. It is asked of every result, and by
   * other means than made it: a method that gave its input back would pass for one that masked it.
   */
  isToken(this: void, result: unknown, value: string): boolean;
  /** What the vault must hold for these tokens to be of use to the custodian. Only the method `vault` has it. */
  readonly vault?: EntryMaker;
}

/** What a token may stand for. */
export interface Opened {
  readonly field: string;
  readonly value: string;
}

/** The way back under one key, where a method has one. */
export interface UnmaskingMethod {
  /** Whether a body has a length that this method's bodies have. */
  fits(this: void, bytes: number): boolean;
  /**
   * What the token may stand for, in any of these fields; none when the key did not make it. Anyone with a public key
   * can make a body that opens, so the caller masks each value again and compares.
   * @param entry the vault's ciphertext, for the method that needs it
   */
  open(this: void, body: Buffer, fields: readonly string[], entry?: Uint8Array): Opened[] | Promise<Opened[]>;
}

/** The way back of methods whose tokens are shaped like values and name no key. Undefined for what is no token. */
export type ShapedUnmasking = (token: string) => string | undefined;
