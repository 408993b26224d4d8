import type { MaskSpec, Refusal } from '@masque/pipeline';

export type MethodName = MaskSpec['method'];

/**
 * One way of masking under one key. Values arrive canonical and leave as tokens: what a value is, which key is used
 * and what is remembered is decided outside, once for all methods. Batches, because some methods ask a server.
 */
export interface MaskingMethod {
  readonly method: MethodName;
  readonly kid: string;
  readonly fingerprint: string;
  /** What every token of this method and key begins with. */
  readonly prefix: string;
  /** As many results as values, in their order. Equal values give equal tokens; fields never share one. */
  maskBatch(this: void, field: string, values: readonly string[]): (string | Refusal)[];
}

/** The way back, where a method has one. */
export interface UnmaskingMethod {
  readonly method: MethodName;
  readonly kid: string;
  /**
   * The value in a token's body. Undefined when the key did not make it. Anyone with a public key can make a body
   * that opens, so the caller masks the value again and compares.
   */
  openBatch(this: void, bodies: readonly Buffer[]): (string | undefined)[];
  /** How long a body is, in bytes. */
  readonly bodyBytes: number;
}
