import type { KeyObject } from 'node:crypto';
import { toFault } from '@masque/fault';
import { encrypt } from './envelope.ts';
import { importPublicKey, type SealPublicKey } from './keys.ts';
import { joinParts } from './parts.ts';
import { beginSession } from './suite.ts';

/**
 * A sealer has at most one session: a key agreed with the recipient, used for so many seals or so long, then
 * replaced.
 *
 * Invariants
 * - A session's count only grows, is raised before it is used, and is used once: no nonce comes twice under one key.
 * - A session over its limits seals nothing more.
 * - At most one agreement is under way; callers that need it wait for the same one, and one that failed is forgotten.
 */
export interface Sealer {
  /** Whose private key opens what this seals. */
  readonly kid: string;
  /**
   * Seals the parts as one. `aad` binds the result to its place, and is needed again to open it: the pipeline and
   * the batch's id, say.
   */
  seal(this: void, parts: readonly Uint8Array[], aad: string): Promise<Buffer>;
}

export interface SealerOptions {
  /** Default 4,096. A renewal costs under a millisecond, so a session is short for what a stolen key would open. */
  readonly sealsPerSession?: number;
  /** Default 600,000: ten minutes. */
  readonly sessionMs?: number;
  /** Milliseconds that never go back; replaced in tests. */
  readonly now?: () => number;
}

interface Session {
  readonly encapsulated: Buffer;
  readonly key: KeyObject;
  readonly endsAt: number;
  count: number;
}

/** @throws {Fault} `seal_key_invalid` */
export function createSealer(publicKey: SealPublicKey, options: SealerOptions = {}): Sealer {
  const { sealsPerSession = 4_096, sessionMs = 600_000, now = () => performance.now() } = options;
  const recipient = importPublicKey(publicKey);
  let session: Session | undefined;
  let renewal: Promise<Session> | undefined;

  async function renew(): Promise<Session> {
    try {
      session = { ...(await beginSession(recipient)), endsAt: now() + sessionMs, count: 0 };
      return session;
    } catch (error) {
      throw toFault(error);
    } finally {
      renewal = undefined;
    }
  }

  return {
    kid: publicKey.kid,
    async seal(parts, aad) {
      // Whoever waited for a renewal looks again: others may have used it up.
      while (session === undefined || session.count >= sealsPerSession || now() >= session.endsAt) {
        await (renewal ??= renew());
      }
      const count = session.count;
      session.count += 1;
      const header = { kid: publicKey.kid, encapsulated: session.encapsulated };
      return encrypt(header, session.key, count, joinParts(parts), aad);
    },
  };
}
