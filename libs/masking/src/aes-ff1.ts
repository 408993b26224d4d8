/**
 * FF1 (NIST SP 800-38G, algorithms 7 and 8) with AES, over batches of numerals of one length.
 *
 * A round of the Feistel network is one CBC-MAC of P || Q and a little arithmetic. P is the same for all values of a
 * length, so its block is encrypted once; Q's blocks go through AES for the whole batch at a time. Without a tweak,
 * and up to 28 decimal digits a half, that is one call of AES a round, ten for a batch of any size.
 *
 * The draft of revision 1 of SP 800-38G wants radix^length to be at least a million; so does the caller, who knows
 * what to do with a value that is too short.
 */
import { type Blocks, blockBytes, encryptBlocks, xorBlock } from './blocks.ts';

/** Numerals of a value, each 0 or more and less than the radix. */
export type Numerals = readonly number[];

export interface AesFf1 {
  /** @param values all of `length` numerals */
  encrypt(this: void, length: number, values: readonly Numerals[]): number[][];
  decrypt(this: void, length: number, values: readonly Numerals[]): number[][];
}

export interface Ff1Options {
  /** 16, 24 or 32 bytes. */
  readonly key: Uint8Array;
  /** 2 to 65,536. */
  readonly radix: number;
  readonly tweak?: Uint8Array;
}

const rounds = 10;

export function createAesFf1({ key, radix, tweak = new Uint8Array() }: Ff1Options): AesFf1 {
  const aes = encryptBlocks(key);
  const shapes = new Map<number, Shape>();
  const shapeOf = (length: number): Shape => {
    const known = shapes.get(length);
    if (known !== undefined) return known;
    const shape = makeShape(aes, radix, tweak, length);
    shapes.set(length, shape);
    return shape;
  };

  return {
    encrypt(length, values) {
      const shape = shapeOf(length);
      let a = values.map((value) => numberOf(value.slice(0, shape.u), radix));
      let b = values.map((value) => numberOf(value.slice(shape.u), radix));
      for (let round = 0; round < rounds; round += 1) {
        const modulus = round % 2 === 0 ? shape.modulusU : shape.modulusV;
        const hashes = roundHashes(aes, shape, round, b);
        const c = a.map((number, index) => (number + hashes[index]!) % modulus);
        [a, b] = [b, c];
      }
      return a.map((left, index) => joined(left, b[index]!, shape, radix));
    },
    decrypt(length, values) {
      const shape = shapeOf(length);
      let a = values.map((value) => numberOf(value.slice(0, shape.u), radix));
      let b = values.map((value) => numberOf(value.slice(shape.u), radix));
      for (let round = rounds - 1; round >= 0; round -= 1) {
        const modulus = round % 2 === 0 ? shape.modulusU : shape.modulusV;
        const hashes = roundHashes(aes, shape, round, a);
        const c = b.map((number, index) => (((number - hashes[index]!) % modulus) + modulus) % modulus);
        [b, a] = [a, c];
      }
      return a.map((left, index) => joined(left, b[index]!, shape, radix));
    },
  };
}

/** What all values of one length have in common. Letters as in the standard. */
interface Shape {
  readonly u: number;
  readonly v: number;
  /** Bytes of a half as a number. */
  readonly b: number;
  /** Bytes of a round's hash. */
  readonly d: number;
  readonly modulusU: bigint;
  readonly modulusV: bigint;
  /** CIPH(P): the CBC-MAC's state before Q. */
  readonly afterP: Buffer;
  /** Q with round and number 0. */
  readonly q: Buffer;
}

function makeShape(aes: Blocks, radix: number, tweak: Uint8Array, length: number): Shape {
  const u = Math.floor(length / 2);
  const v = length - u;
  const modulusV = BigInt(radix) ** BigInt(v);
  // Step 3, ceil(ceil(v·log2(radix)) / 8), without rounding: the bytes of the largest half.
  const b = Math.ceil((modulusV - 1n).toString(2).length / 8);
  const d = 4 * Math.ceil(b / 4) + 4;
  const p = Buffer.from([1, 2, 1, 0, 0, 0, 10, u % 256, 0, 0, 0, 0, 0, 0, 0, 0]);
  p.writeUIntBE(radix, 3, 3);
  p.writeUInt32BE(length, 8);
  p.writeUInt32BE(tweak.length, 12);
  const q = Buffer.alloc(Math.ceil((tweak.length + b + 1) / blockBytes) * blockBytes);
  q.set(tweak);
  return { u, v, b, d, modulusU: BigInt(radix) ** BigInt(u), modulusV, afterP: aes(p), q };
}

/** Steps 6i to 6iv for every value of the batch: y, as a number. */
function roundHashes(aes: Blocks, shape: Shape, round: number, numbers: readonly bigint[]): bigint[] {
  const { b, d, q } = shape;
  const inputs = numbers.map((number) => {
    const input = Buffer.from(q);
    input[q.length - b - 1] = round;
    input.write(number.toString(16).padStart(2 * b, '0'), q.length - b, 'hex');
    return input;
  });
  let states: Buffer = Buffer.concat(numbers.map(() => shape.afterP));
  for (let at = 0; at < q.length; at += blockBytes) {
    for (const [index, input] of inputs.entries()) xorBlock(states, index * blockBytes, input, at);
    states = aes(states);
  }
  const pieces = [states];
  for (let count = 1; count * blockBytes < d; count += 1) {
    const next = Buffer.from(states);
    const counter = Buffer.alloc(blockBytes);
    counter.writeUInt32BE(count, 12);
    for (const index of numbers.keys()) xorBlock(next, index * blockBytes, counter, 0);
    pieces.push(aes(next));
  }
  return numbers.map((_, index) => {
    const hex = pieces.map((piece) => piece.toString('hex', index * blockBytes, (index + 1) * blockBytes)).join('');
    return BigInt(`0x${hex.slice(0, 2 * d)}`);
  });
}

function numberOf(numerals: Numerals, radix: number): bigint {
  const base = BigInt(radix);
  return numerals.reduce((sum, numeral) => sum * base + BigInt(numeral), 0n);
}

function joined(left: bigint, right: bigint, { u, v }: Shape, radix: number): number[] {
  return [...numeralsOf(left, u, radix), ...numeralsOf(right, v, radix)];
}

function numeralsOf(number: bigint, length: number, radix: number): number[] {
  const base = BigInt(radix);
  const numerals: number[] = Array.from({ length }, () => 0);
  for (let at = length - 1, rest = number; at >= 0; at -= 1, rest /= base) numerals[at] = Number(rest % base);
  return numerals;
}
