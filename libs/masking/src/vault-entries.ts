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
 * another one. The database alone knows what it holds, and ON CONFLICT is how it is asked. The price is 512 characters
 * of base64 for each distinct token of a batch on its way through Redis, as much as the method `rsa` puts into every
 * row.
 *
 * An erased value leaves a tombstone in the place of its entry, and DO NOTHING leaves that as it is: an entry that was
 * on its way, or remembered here, does not undo an erasure. See docs/decisions/0015-vault.md.
 *
 * What is spared instead is the encryption, which is where the time goes: an entry once made is remembered by its
 * token and handed over again as it was. That memory is a cache of ciphertexts. It is bounded, it may be empty, each
 * replica has its own, and losing it costs one RSA operation a value and nothing else. It holds no plain value.
 */
import { constants, type KeyObject, publicEncrypt } from 'node:crypto';
import { createMemo, type MemoLimits } from './memo.ts';
import { modulusBytes } from './oaep.ts';

/** One row of `masque.vault`. */
export interface VaultEntry {
  /** Its primary key. */
  readonly token: string;
  /** Of the token: the key pair has the same id. */
  readonly kid: string;
  /** Base64 of RSAES-OAEP(the custodian's public key, the canonical value in UTF-8; SHA-256, MGF1-SHA-256). */
  readonly ciphertext: string;
}

/** Entries of one batch, by token, as `Masker.mask` collects them. */
export type VaultEntries = Map<string, VaultEntry>;

/** What OpenSSL calls it, here and in `openEntry`. Padding is random: two replicas make different ciphertexts. */
export const entryPadding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const;

export interface EntryMaker {
  entries(this: void, values: readonly string[], tokens: readonly string[]): VaultEntry[];
  /** Characters of base64 that a ciphertext has, whatever its value. */
  readonly ciphertextLength: number;
  /** Since the start: those that were encrypted, and not found among the remembered. */
  encrypted(this: void): number;
}

export function createEntryMaker(kid: string, publicKey: KeyObject, limits: MemoLimits): EntryMaker {
  const made = createMemo(limits);
  let encrypted = 0;

  function ciphertextOf(value: string, token: string): string {
    const known = made.get(token);
    if (known !== undefined) return known;
    const ciphertext = publicEncrypt({ key: publicKey, ...entryPadding }, Buffer.from(value)).toString('base64');
    made.set(token, ciphertext);
    encrypted += 1;
    return ciphertext;
  }

  return {
    entries: (values, tokens) =>
      tokens.map((token, index) => ({ token, kid, ciphertext: ciphertextOf(values[index] ?? '', token) })),
    ciphertextLength: 4 * Math.ceil(modulusBytes(publicKey) / 3),
    encrypted: () => encrypted,
  };
}
