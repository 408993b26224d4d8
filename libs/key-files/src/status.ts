/**
 * The life of a key.
 *
 *     ─rotate─▶ PENDING ─promote─▶ PRIMARY ─promote another─▶ ENABLED ─retire─▶ DISABLED ─destroy─▶ DESTROYED
 *                  │                  ▲                          │ ▲               │ ▲
 *                  │                  └───────── promote ────────┘ └─ retire --undo┘ │
 *                  └──────────────────────────────── retire ─────────────────────────┘
 *
 * - **PENDING**: known, and used for nothing new yet. What is made with it is opened and recognised, so it can be
 *   brought everywhere first: had a masker made tokens before all others knew the key, theirs would not be equal.
 * - **PRIMARY**: makes what is new, and opens what is old.
 * - **ENABLED**: opens what it made when it was PRIMARY.
 * - **DISABLED**: kept, and refused with a fault that says so. It opens nothing, and origins that it signed count for
 *   nothing; a retirement that was a mistake is undone by a word.
 * - **DESTROYED**: the secret is gone. What is left is what the key was called: kid, method, fingerprint.
 *
 * Invariants
 * - Of the keys of one use, method and size at most one is PRIMARY, and at most one PENDING.
 * - A key becomes ENABLED only by the step that makes another one PRIMARY: there is no moment without a PRIMARY.
 * - DESTROYED is for ever, and only what was DISABLED before gets there.
 *
 * `initKeys` begins with PRIMARY: before the first message there is nobody who could be behind.
 */
import { z } from 'zod';

export const keyStatusSchema = z.enum(['PENDING', 'PRIMARY', 'ENABLED', 'DISABLED', 'DESTROYED']);

export type KeyStatus = z.output<typeof keyStatusSchema>;

/** Of keys whose secret is in the file. */
export const livingStatusSchema = keyStatusSchema.exclude(['DESTROYED']);

/** Files of version 1 know no others: a reader of those that ignored a key's retirement would go on using it. */
export const firstStatusSchema = keyStatusSchema.extract(['PRIMARY', 'ENABLED']);

export type UsableStatus = Exclude<KeyStatus, RefusedStatus>;
export type RefusedStatus = 'DISABLED' | 'DESTROYED';

const moves: Readonly<Record<KeyStatus, readonly KeyStatus[]>> = {
  PENDING: ['PRIMARY', 'DISABLED'],
  PRIMARY: ['ENABLED'],
  ENABLED: ['PRIMARY', 'DISABLED'],
  DISABLED: ['ENABLED', 'DESTROYED'],
  DESTROYED: [],
};

export function mayBecome(from: KeyStatus, to: KeyStatus): boolean {
  return moves[from].includes(to);
}

/** Does it open what it made? */
export function isUsable<Key extends { readonly status: KeyStatus }>(
  key: Key,
): key is Key & { readonly status: UsableStatus } {
  return key.status !== 'DISABLED' && key.status !== 'DESTROYED';
}
