import type { KeyObject } from 'node:crypto';
import { Fault } from '@masque/fault';
import type { CryptoKey, KeyPair } from 'hpke';
import { decrypt, type Header, readHeader } from './envelope.ts';
import { importKeyPair, type SealPrivateKey } from './keys.ts';
import { splitParts } from './parts.ts';
import { joinSession } from './suite.ts';

export interface Opener {
  /**
   * The parts that were sealed, as views into one buffer.
   * @throws {Fault} `seal_key_unknown`: sealed to a key that is not here; `seal_broken`: not as it was sealed, or
   *   sealed with another `aad`.
   */
  open(this: void, sealed: Uint8Array, aad: string): Promise<Buffer[]>;
}

export interface OpenerOptions {
  /** Sessions whose key is remembered. Default 256: one for each sender of the last minutes, and then some. */
  readonly sessions?: number;
}

/** @throws {Fault} `seal_key_invalid` */
export function createOpener(keys: readonly SealPrivateKey[], options: OpenerOptions = {}): Opener {
  const { sessions = 256 } = options;
  const pairs = new Map(keys.map((key) => [key.kid, importKeyPair(key)]));
  // Least recently used first: a Map keeps the order of insertion.
  const known = new Map<string, KeyObject>();

  /** Only a key that has opened something is remembered, so forgeries cannot push the real ones out. */
  function remember(id: string, key: KeyObject): void {
    known.delete(id);
    known.set(id, key);
    if (known.size <= sessions) return;
    const [oldest] = known.keys();
    if (oldest !== undefined) known.delete(oldest);
  }

  return {
    async open(sealed, aad) {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      const header = readHeader(bytes);
      if (header === undefined) throw broken('unknown');
      const pair = pairs.get(header.kid);
      if (pair === undefined) throw unknownKey(header.kid, [...pairs.keys()]);
      const id = header.kid + header.encapsulated.toString('latin1');
      const key = known.get(id) ?? (await join(pair, header));
      const plain = decrypt(bytes, key, aad);
      const parts = plain === undefined ? undefined : splitParts(plain);
      if (parts === undefined) throw broken(header.kid);
      remember(id, key);
      return parts;
    },
  };
}

async function join(pair: KeyPair<CryptoKey>, header: Header): Promise<KeyObject> {
  try {
    return await joinSession(pair, header.encapsulated);
  } catch {
    // A point of low order: not made by a sealer.
    throw broken(header.kid);
  }
}

function broken(kid: string): Fault {
  return new Fault('seal_broken', 'a sealed batch is not as it was sealed, or not where it was sealed for', {
    heals: false,
    advice: 'It was damaged, forged, moved from another batch, or sealed by another version of Masque.',
    details: { kid },
  });
}

function unknownKey(kid: string, held: readonly string[]): Fault {
  const have = held.length === 0 ? 'none' : held.join(', ');
  return new Fault('seal_key_unknown', `a batch is sealed to the key ${kid}, but the key here is ${have}`, {
    heals: false,
    setting: 'MASQUE_KEYS_DIR',
    advice: 'Give both sides files of one `masque keys init`.',
    details: { kid, held: have },
  });
}
