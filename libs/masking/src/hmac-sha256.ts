import { hash } from 'node:crypto';

/** The MAC of a message, as text: one character a byte (`binary`, Node's other name for latin1), or base64url. */
export type HmacSha256 = (message: Uint8Array, encoding: 'binary' | 'base64url') => string;

const [blockBytes, digestBytes] = [64, 32];

/**
 * HMAC-SHA256 (RFC 2104) out of two one-shot hashes. `createHmac` makes an object, copies a key and costs 1.5 to 2 µs;
 * `hash` giving a text costs 0.25 µs, giving a Buffer 1 µs. So the inner digest travels as a latin1 text.
 */
export function createHmacSha256(key: Uint8Array): HmacSha256 {
  const short = key.length > blockBytes ? hash('sha256', key, 'buffer') : key;
  let inner = Buffer.alloc(512);
  const outer = Buffer.alloc(blockBytes + digestBytes);
  inner.set(short);
  outer.set(short);
  for (let index = 0; index < blockBytes; index += 1) {
    inner[index]! ^= 0x36;
    outer[index]! ^= 0x5c;
  }

  return (message, encoding) => {
    const length = blockBytes + message.length;
    if (length > inner.length) inner = Buffer.concat([inner.subarray(0, blockBytes)], 2 * length);
    inner.set(message, blockBytes);
    outer.write(hash('sha256', inner.subarray(0, length), 'binary'), blockBytes, 'latin1');
    return hash('sha256', outer, encoding);
  };
}
