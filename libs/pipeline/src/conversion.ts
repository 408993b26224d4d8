import type { ReasonCode } from './reason.ts';

/** A value that cannot be had from this input, and why. It never carries the input. */
export interface Refusal {
  readonly refused: ReasonCode;
}

export function refuse(refused: ReasonCode): Refusal {
  return { refused };
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refused' in value;
}

/** A total function from a field's value to a column's: it returns a refusal and never throws. Null stays null. */
export interface Conversion<In, Out> {
  readonly name: string;
  /** A property, not a method: TypeScript would let a method take fewer values than the field has. */
  readonly convert: (this: void, value: In) => Out | Refusal;
}

// 2,146·1,000,000 + 999·1,000 + 999 is the largest that an integer column (2^31 - 1) holds.
const largestMajor = 2_146;

/**
 * A version as one sortable integer: major·1,000,000 + minor·1,000 + patch, missing parts 0, so "2.0" and "2.0.0" are
 * equal, as are "2.0" and "2.00". Refuses what isn't one to three decimal parts, a minor or patch over 999, and a
 * major over 2,146, beyond which the sum leaves the integer column.
 */
export const versionNumber: Conversion<string, number> = {
  name: 'versionNumber',
  convert(value) {
    const parts = /^(\d+)(?:\.(\d+)(?:\.(\d+))?)?$/.exec(value);
    if (parts === null) return refuse('malformed_version');
    const [major, minor, patch] = [Number(parts[1]), Number(parts[2] ?? 0), Number(parts[3] ?? 0)];
    if (major > largestMajor || minor > 999 || patch > 999) return refuse('version_out_of_range');
    return major * 1_000_000 + minor * 1_000 + patch;
  },
};
