/**
 * What the vault must hold, so that no row's token is without its entry.
 *
 * A token of the method `vault` is a keyed hash: nothing brings its value back but the entry of `masque.vault`, which
 * holds the value encrypted to the custodian. A row whose entry is missing is lost to the custodian for ever, and no
 * one would notice. So there is one rule:
 *
 *     Every batch carries the entry of every token in it, and rows and entries are committed in one transaction.
 *
 * That is sound whatever fails: a batch that is lost, run twice, late, or loaded by another replica brings its own
 * entries, and `INSERT … ON CONFLICT DO NOTHING` keeps the first of each. It was tempting to leave out entries that
 * were handed over before. But "handed over" is not "committed": Redis may be flushed between the two. Even "the
 * loader has confirmed it" does not hold: the database is restored from last night, or the pipeline is pointed at
 * another one. The database alone knows what it holds, and ON CONFLICT is how it is asked. The price is some 480 bytes
 * for each distinct token of a batch on its way through Redis, as much as the method `rsa` puts into every row.
 *
 * An erased value leaves a tombstone in the place of its entry, and DO NOTHING leaves that as it is: an entry that was
 * on its way, or remembered here, does not undo an erasure. See docs/decisions/0015-vault.md.
 *
 * What is spared instead is the encryption, which is where the time goes: an entry once made is remembered by its
 * token and handed over again as it was. That memory is a cache of ciphertexts. It is bounded, it may be empty, each
 * replica has its own, and losing it costs an RSA operation a batch and nothing else. It holds no plain value.
 */
import type { KeyObject } from 'node:crypto';
import { createEntryEncryption } from './entry-envelope.ts';
import { createMemo, type MemoLimits } from './memo.ts';

/** One row of `masque.vault`. */
export interface VaultEntry {
  /** Its primary key. */
  readonly token: string;
  /** Of the token: the key pair has the same id. */
  readonly kid: string;
  /** Base64 of the canonical value, encrypted to the custodian: see `entry-envelope.ts`. */
  readonly ciphertext: string;
}

/** Entries of one batch, by token, as `Masker.mask` collects them. */
export type VaultEntries = Map<string, VaultEntry>;

export interface EntryMaker {
  entries(this: void, values: readonly string[], tokens: readonly string[]): VaultEntry[];
  /** Characters of base64 that the ciphertext of a value has. */
  lengthFor(this: void, value: string): number;
  /** Since the start: those that were encrypted, and not found among the remembered. */
  encrypted(this: void): number;
}

export function createEntryMaker(kid: string, publicKey: KeyObject, limits: MemoLimits): EntryMaker {
  const { encrypt, bytesFor } = createEntryEncryption(publicKey);
  const made = createMemo(limits);
  let encrypted = 0;

  return {
    entries(values, tokens) {
      const known = tokens.map((token) => made.get(token));
      const fresh = encrypt(values.filter((_, at) => known[at] === undefined));
      encrypted += fresh.length;
      const next = fresh.values();
      return tokens.map((token, at) => {
        const ciphertext = known[at] ?? next.next().value!.toString('base64');
        made.set(token, ciphertext);
        return { token, kid, ciphertext };
      });
    },
    lengthFor: (value) => 4 * Math.ceil(bytesFor(value) / 3),
    encrypted: () => encrypted,
  };
}
