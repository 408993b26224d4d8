import { createCipheriv, createDecipheriv } from 'node:crypto';

/** Whole blocks of sixteen bytes in, as many out; each for itself. */
export type Blocks = (blocks: Buffer) => Buffer;

export const blockBytes = 16;

/**
 * AES as a permutation of blocks, which is what CMAC, CTR, FF1 and ipcrypt are made of.
 *
 * Making a cipher costs 10 µs, a call of `update` 1 µs, a block 15 ns. ECB keeps nothing from one block to the next,
 * so one cipher serves for ever, and a batch's blocks go through in one call. ECB is no mode to encrypt with; here
 * it is the block cipher itself, and every caller is a mode.
 */
export function encryptBlocks(key: Uint8Array): Blocks {
  const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
  return (blocks) => cipher.update(blocks);
}

export function decryptBlocks(key: Uint8Array): Blocks {
  const decipher = createDecipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
  return (blocks) => decipher.update(blocks);
}

/** `into[at…] ^= from[start…]`, sixteen bytes. */
export function xorBlock(into: Uint8Array, at: number, from: Uint8Array, start: number): void {
  for (let index = 0; index < blockBytes; index += 1) into[at + index]! ^= from[start + index]!;
}
