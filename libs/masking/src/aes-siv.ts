/**
 * AES-SIV (RFC 5297) over batches.
 *
 *     V = S2V(K1, associated data…, plaintext)      Z = V || CTR(K2, V without two bits, plaintext)
 *
 * A library's call costs 13 µs a value, most of it key schedules and objects. Here the two ciphers are made once, the
 * associated data, which is the same for all, is taken through S2V once, and a batch goes through CMAC block by block,
 * all messages side by side: as many calls of AES as the longest message has blocks, and one for the key stream of
 * all. An address is one block, so two calls serve a batch of any size.
 */
import { timingSafeEqual } from 'node:crypto';
import { type Blocks, blockBytes, encryptBlocks, xorBlock } from './blocks.ts';

export interface AesSiv {
  /** V || C of each, in their order. */
  seal(this: void, plaintexts: readonly Uint8Array[]): Buffer[];
  /** Undefined for what `seal` did not make. */
  open(this: void, sealed: Uint8Array): Buffer | undefined;
}

/** @param key 32, 48 or 64 bytes: half for the MAC, half for the key stream */
export function createAesSiv(key: Uint8Array, associated: readonly Uint8Array[]): AesSiv {
  const aesMac = encryptBlocks(key.subarray(0, key.length / 2));
  const aesStream = encryptBlocks(key.subarray(key.length / 2));
  const subkey = doubled(aesMac(Buffer.alloc(blockBytes)));
  const cmac = { aes: aesMac, whole: subkey, filled: doubled(subkey) };

  // RFC 5297 section 2.4, all but the last string.
  let start = macs(cmac, [Buffer.alloc(blockBytes)]);
  for (const text of associated) {
    start = doubled(start);
    xorBlock(start, 0, macs(cmac, [Buffer.from(text)]), 0);
  }

  /** V of each, one after the other. */
  function ivs(plaintexts: readonly Uint8Array[]): Buffer {
    const texts = plaintexts.map((plaintext) => {
      if (plaintext.length < blockBytes) {
        const short = doubled(start);
        for (const [index, byte] of plaintext.entries()) short[index]! ^= byte;
        short[plaintext.length]! ^= 0x80;
        return short;
      }
      const long = Buffer.from(plaintext);
      xorBlock(long, long.length - blockBytes, start, 0);
      return long;
    });
    return macs(cmac, texts);
  }

  return {
    seal(plaintexts) {
      const iv = ivs(plaintexts);
      const streams = keyStreams(aesStream, iv, plaintexts);
      return plaintexts.map((plaintext, index) => {
        const sealed = Buffer.allocUnsafe(blockBytes + plaintext.length);
        iv.copy(sealed, 0, index * blockBytes, (index + 1) * blockBytes);
        xorStream(sealed, blockBytes, plaintext, streams.bytes, streams.starts[index] ?? 0);
        return sealed;
      });
    },
    open(sealed) {
      if (sealed.length < blockBytes) return undefined;
      const iv = Buffer.from(sealed.subarray(0, blockBytes));
      const body = sealed.subarray(blockBytes);
      const plaintext = Buffer.alloc(body.length);
      xorStream(plaintext, 0, body, keyStreams(aesStream, iv, [body]).bytes, 0);
      return timingSafeEqual(ivs([plaintext]), iv) ? plaintext : undefined;
    },
  };
}

/** CMAC (RFC 4493) and its two subkeys. */
interface Cmac {
  readonly aes: Blocks;
  readonly whole: Buffer;
  readonly filled: Buffer;
}

/** The CMACs of all messages, one after the other: in each round, one block of every message that still has one. */
function macs(cmac: Cmac, messages: readonly Buffer[]): Buffer {
  const results = Buffer.alloc(messages.length * blockBytes);
  let pending = messages.map((message, index) => ({ index, blocks: finished(cmac, message) }));
  for (let round = 0; pending.length > 0; round += 1) {
    const input = Buffer.allocUnsafe(pending.length * blockBytes);
    for (const [place, { index, blocks }] of pending.entries()) {
      blocks.copy(input, place * blockBytes, round * blockBytes, (round + 1) * blockBytes);
      if (round > 0) xorBlock(input, place * blockBytes, results, index * blockBytes);
    }
    const output = cmac.aes(input);
    for (const [place, { index }] of pending.entries()) {
      output.copy(results, index * blockBytes, place * blockBytes, (place + 1) * blockBytes);
    }
    const next = (round + 1) * blockBytes;
    pending = pending.filter(({ blocks }) => blocks.length > next);
  }
  return results;
}

/** A message as CMAC reads it: its last block filled up if it must be, and a subkey in it. Whole ones in place. */
function finished(cmac: Cmac, message: Buffer): Buffer {
  if (message.length > 0 && message.length % blockBytes === 0) {
    xorBlock(message, message.length - blockBytes, cmac.whole, 0);
    return message;
  }
  const blocks = Buffer.alloc(message.length + blockBytes - (message.length % blockBytes));
  message.copy(blocks);
  blocks[message.length] = 0x80;
  xorBlock(blocks, blocks.length - blockBytes, cmac.filled, 0);
  return blocks;
}

/** The key streams of all texts out of one call, and where each begins. */
function keyStreams(aes: Blocks, ivs: Buffer, texts: readonly Uint8Array[]): { bytes: Buffer; starts: number[] } {
  let length = 0;
  const starts = texts.map((text) => {
    const start = length;
    length += Math.ceil(text.length / blockBytes) * blockBytes;
    return start;
  });
  const counters = Buffer.allocUnsafe(length);
  for (const [index, start] of starts.entries()) {
    const iv = index * blockBytes;
    // Section 2.5: with the top bits of the last two words cleared, counting never carries out of the last.
    const last = ivs.readUInt32BE(iv + 12) & 0x7f_ff_ff_ff;
    const end = starts[index + 1] ?? length;
    for (let at = start, count = 0; at < end; at += blockBytes, count += 1) {
      ivs.copy(counters, at, iv, iv + 12);
      counters[at + 8]! &= 0x7f;
      counters.writeUInt32BE(last + count, at + 12);
    }
  }
  return { bytes: length === 0 ? counters : aes(counters), starts };
}

function xorStream(into: Buffer, at: number, text: Uint8Array, stream: Buffer, start: number): void {
  for (let index = 0; index < text.length; index += 1) into[at + index] = text[index]! ^ stream[start + index]!;
}

/** Multiplication by x in GF(2^128), RFC 5297 section 2.3. Without a branch on the bit that leaves. */
function doubled(block: Uint8Array): Buffer {
  const result = Buffer.allocUnsafe(blockBytes);
  for (let index = 0; index < blockBytes; index += 1) {
    result[index] = (block[index]! << 1) | ((block[index + 1] ?? 0) >> 7);
  }
  result[blockBytes - 1]! ^= 0x87 & -(block[0]! >> 7);
  return result;
}
