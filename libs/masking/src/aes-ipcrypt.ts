/**
 * ipcrypt-deterministic and ipcrypt-pfx (draft-denis-ipcrypt-13, sections 4.1 and 4.2) over packed addresses of
 * sixteen bytes each, IPv4 as `::ffff:a.b.c.d`.
 */
import { addressBytes, isIpv4 } from './address-bytes.ts';
import { type Blocks, decryptBlocks, encryptBlocks } from './blocks.ts';

export interface AesIpcrypt {
  readonly encrypt: Blocks;
  readonly decrypt: Blocks;
}

/** One AES block an address: IPv4 and IPv6 come out alike, and nothing but equality shows. Key: 16 bytes. */
export function createIpcryptDet(key: Uint8Array): AesIpcrypt {
  return { encrypt: encryptBlocks(key), decrypt: decryptBlocks(key) };
}

/**
 * Bit by bit: each bit of an address is turned or not, by a hash of the bits before it. Addresses with a prefix in
 * common have tokens with a prefix of the same length in common, and IPv4 stays IPv4. Key: 32 bytes.
 *
 * Encrypting, all bits before are known, so the hashes of all bits of all addresses are two calls of AES. On the way
 * back each bit waits for the one before it: two calls a bit.
 */
export function createIpcryptPfx(key: Uint8Array): AesIpcrypt {
  const [one, other] = [encryptBlocks(key.subarray(0, 16)), encryptBlocks(key.subarray(16))];

  /** Each prefix's turn: the last bit of both ciphers' blocks. */
  function turns(prefixes: Buffer): Uint8Array {
    const [a, b] = [one(prefixes), other(prefixes)];
    return Uint8Array.from({ length: prefixes.length / 16 }, (_, at) => (a[at * 16 + 15]! ^ b[at * 16 + 15]!) & 1);
  }

  return {
    encrypt(packed) {
      const starts = startsOf(packed);
      const bits = starts.reduce<number>((sum, start) => sum + 128 - start, 0);
      const prefixes = Buffer.allocUnsafe(bits * 16);
      let at = 0;
      for (const [index, start] of starts.entries()) {
        const prefix = firstPrefix(start);
        for (let bit = start; bit < 128; bit += 1, at += 16) {
          write(prefix, prefixes, at);
          append(prefix, bitOf(packed, index, bit));
        }
      }
      const result = Buffer.from(packed);
      const turned = turns(prefixes).values();
      for (const [index, start] of starts.entries()) {
        for (let bit = start; bit < 128; bit += 1) turn(result, index, bit, turned.next().value ?? 0);
      }
      return result;
    },
    decrypt(packed) {
      const result = Buffer.from(packed);
      const addresses = startsOf(packed).map((start, index) => ({ index, start, prefix: firstPrefix(start) }));
      for (let bit = 0; bit < 128; bit += 1) {
        const pending = addresses.filter(({ start }) => start <= bit);
        if (pending.length === 0) continue;
        const prefixes = Buffer.allocUnsafe(pending.length * 16);
        for (const [place, { prefix }] of pending.entries()) write(prefix, prefixes, place * 16);
        const turned = turns(prefixes);
        for (const [place, { index, prefix }] of pending.entries()) {
          turn(result, index, bit, turned[place] ?? 0);
          append(prefix, bitOf(result, index, bit));
        }
      }
      return result;
    },
  };
}

/** The first bit that is encrypted: the 96 that say "IPv4" stay. */
function startsOf(packed: Buffer): (0 | 96)[] {
  return Array.from({ length: packed.length / addressBytes }, (_, at) => (isIpv4(packed, at * addressBytes) ? 96 : 0));
}

/**
 * A prefix as the block that is hashed: its bits right-aligned, a one before them, zeros before that; four words,
 * the first the highest.
 */
type Prefix = Int32Array;

function firstPrefix(bits: 0 | 96): Prefix {
  return bits === 96 ? Int32Array.of(1, 0, 0, 0xffff) : Int32Array.of(0, 0, 0, 1);
}

function append(prefix: Prefix, bit: number): void {
  for (let word = 0; word < 3; word += 1) prefix[word] = (prefix[word]! << 1) | (prefix[word + 1]! >>> 31);
  prefix[3] = (prefix[3]! << 1) | bit;
}

function write(prefix: Prefix, into: Buffer, at: number): void {
  for (let word = 0; word < 4; word += 1) into.writeInt32BE(prefix[word]!, at + 4 * word);
}

function bitOf(packed: Buffer, index: number, bit: number): number {
  return (packed[index * addressBytes + (bit >> 3)]! >> (7 - (bit & 7))) & 1;
}

function turn(packed: Buffer, index: number, bit: number, by: number): void {
  packed[index * addressBytes + (bit >> 3)]! ^= by << (7 - (bit & 7));
}
