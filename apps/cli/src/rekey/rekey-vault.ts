/**
 * The entries of the vault, encrypted to one key, encrypted to another that makes the same tokens.
 *
 *     recorded ─▶ exchanging ─┬─ no entry of the old key is left ──▶ recorded as ended
 *                     ▲       │
 *                     └───────┴─ some are, and entries were exchanged: another pass
 *
 * Invariants
 * 1. An entry is exchanged by one UPDATE, for one of the same value, and names its key: at every commit each entry
 *    opens with the key that it names.
 * 2. No token changes, so no row does; nothing that joins or counts them can tell.
 * 3. A tombstone stays one. An entry that is erased between being read and being exchanged is not brought back.
 * 4. What is known of the progress is `masque.vault` itself: killed anywhere, the next run finds what is left, and
 *    encrypts at worst some entries twice.
 *
 * A masker that was not yet restarted goes on encrypting new values to the old key; the next pass finds these entries.
 * What does not open, or belongs to another token, is left, and counted.
 */
import type { VaultItem, VaultRekeying } from '@masque/postgres-sink';
import { points } from './points.ts';

export interface VaultRekeyWork {
  readonly rekeying: Pick<VaultRekeying, 'left' | 'entries' | 'exchange'>;
  readonly translate: (entries: readonly VaultItem[]) => Promise<readonly (Uint8Array | undefined)[]>;
  readonly onProgress: (done: number) => void;
}

export interface VaultRekeyReport {
  readonly passes: number;
  readonly entries: number;
  /** Entries that do not open, or belong to another token. */
  readonly refused: number;
  /** Entries still encrypted to the old key. */
  readonly left: number;
}

const mostPasses = 5;
/** Few enough that a kill costs a second, many enough for every core. */
const entriesAtOnce = 1_000;

export async function rekeyVault({ rekeying, translate, onProgress }: VaultRekeyWork): Promise<VaultRekeyReport> {
  let [passes, entries, refused, left, changed] = [0, 0, 0, Infinity, Infinity];
  while (left > 0 && changed > 0 && passes < mostPasses) {
    passes += 1;
    const earlier = entries;
    refused = 0;
    for (let after = ''; ;) {
      const some = await rekeying.entries(after, entriesAtOnce);
      const last = some.at(-1);
      if (last === undefined) break;
      after = last.token;
      const made = await translate(some);
      points.translated.publish(undefined);
      const fresh = some.flatMap(({ token }, at) => {
        const ciphertext = made[at];
        return ciphertext === undefined ? [] : [{ token, ciphertext }];
      });
      refused += some.length - fresh.length;
      entries += await rekeying.exchange(fresh);
      points.exchanged.publish(undefined);
      onProgress(entries);
    }
    changed = entries - earlier;
    left = await rekeying.left();
  }
  return { passes, entries, refused, left };
}
