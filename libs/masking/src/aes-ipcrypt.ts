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
  const hash = (prefixes: Buffer): { bit(index: number): number } => {
    const [a, b] = [one(prefixes), other(prefixes)];
    return { bit: (index) => (a[index * 16 + 15]! ^ b[index * 16 + 15]!) & 1 };
  };

  return {
    encrypt(packed) {
      const starts = startsOf(packed);
      const prefixes = Buffer.concat(starts.flatMap((start, index) => prefixesOf(packed, index, start)));
      const turns = hash(prefixes);
      const result = Buffer.from(packed);
      let turn = 0;
      for (const [index, start] of starts.entries()) {
        for (let bit = start; bit < 128; bit += 1, turn += 1) xorBit(result, index, bit, turns.bit(turn));
      }
      return result;
    },
    decrypt(packed) {
      const starts = startsOf(packed);
      const result = Buffer.from(packed);
      for (let bit = 0; bit < 128; bit += 1) {
        const waiting = [...starts.keys()].filter((index) => (starts[index] ?? 0) <= bit);
        if (waiting.length === 0) continue;
        const turns = hash(Buffer.concat(waiting.map((index) => prefixOf(result, index, bit))));
        for (const [place, index] of waiting.entries()) xorBit(result, index, bit, turns.bit(place));
      }
      return result;
    },
  };
}

/** The first bit that is encrypted: the 96 that say "IPv4" stay. */
function startsOf(packed: Buffer): number[] {
  return Array.from({ length: packed.length / addressBytes }, (_, index) =>
    isIpv4(packed, index * addressBytes) ? 96 : 0,
  );
}

function prefixesOf(packed: Buffer, index: number, start: number): Buffer[] {
  return Array.from({ length: 128 - start }, (_, count) => prefixOf(packed, index, start + count));
}

/** A block of the first `bits` bits, right-aligned, a one before them and zeros before that. */
function prefixOf(packed: Buffer, index: number, bits: number): Buffer {
  const block = Buffer.alloc(16);
  const shift = (8 - (bits % 8)) % 8;
  const bytes = Math.ceil(bits / 8);
  for (let at = 0; at < bytes; at += 1) {
    const from = index * addressBytes + bytes - 1 - at;
    const before = at + 1 < bytes ? packed[from - 1]! << 8 : 0;
    block[15 - at] = ((before | packed[from]!) >> shift) & 0xff;
  }
  // Bytes before the address's first are not part of it; the mark goes where its bits end.
  block[15 - Math.floor(bits / 8)]! |= 1 << (bits % 8);
  return block;
}

function xorBit(packed: Buffer, index: number, bit: number, turn: number): void {
  packed[index * addressBytes + (bit >> 3)]! ^= turn << (7 - (bit & 7));
}
