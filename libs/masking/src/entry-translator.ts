import { Fault } from '@masque/fault';
import { createEntryEncryption } from './entry-envelope.ts';
import { fingerprint } from './fingerprint.ts';
import { isPublic, type MaskKey, type PublicMaskKey, tokenKidOf } from './keys.ts';
import { methodFor } from './selection.ts';
import * as faults from './translation-faults.ts';
import { keyNamed, type TranslatorKey, type TranslatorOptions } from './translator.ts';
import { createUnmasker, type Unmasker } from './unmasker.ts';

/**
 * Encrypts the vault's entries to another key. Tokens stay as they are, and so do rows: both keys make the same ones.
 * An entry that does not belong to its token, as masking its value again shows, is not taken over.
 */
export interface EntryTranslator {
  readonly kind: 'entries';
  readonly from: TranslatorKey;
  readonly to: TranslatorKey;
  /** As many as entries, in their order; undefined for one that does not open, or belongs to another token. */
  translate(this: void, entries: readonly SealedEntry[]): Promise<(Buffer | undefined)[]>;
}

/** What the vault holds of a token. */
export interface SealedEntry {
  readonly token: string;
  readonly ciphertext: Uint8Array;
}

/**
 * @throws {Fault} `rekey_same_key`, `token_key_unknown`, `rekey_methods_differ`, `rekey_tokens_differ`,
 * `rekey_not_primary`, `key_pair_mismatch`, and those of a masker
 */
export function createEntryTranslator(options: TranslatorOptions): EntryTranslator {
  if (options.from === options.to) throw faults.sameKey(options.from);
  const from = vaultKey(options, options.from);
  const to = vaultKey(options, options.to);
  if (options.unmaskKeys.every(({ kid }) => kid !== from.kid)) throw faults.noWayBack(from.kid);
  if (tokenKidOf(from) !== tokenKidOf(to)) throw faults.tokensDiffer(from.kid, to.kid);
  const primary = Object.entries(options.mask)
    .filter(([, { method }]) => method === 'vault')
    .some(([field, spec]) => methodFor(options.maskKeys, field, spec, nothing).key?.kid === to.kid);
  if (!primary) throw faults.notPrimary(to.kid);
  const unmasker = createUnmasker(options);
  const { encrypt } = createEntryEncryption(to.publicKey);

  async function translate(entries: readonly SealedEntry[]): Promise<(Buffer | undefined)[]> {
    const values = await Promise.all(entries.map(({ token, ciphertext }) => valueOf(unmasker, token, ciphertext)));
    const made = encrypt(values.filter((value) => value !== undefined)).values();
    return values.map((value) => (value === undefined ? undefined : made.next().value));
  }

  return {
    kind: 'entries',
    from: { kid: from.kid, method: 'vault', fingerprint: fingerprint(from) },
    to: { kid: to.kid, method: 'vault', fingerprint: fingerprint(to) },
    translate,
  };
}

const nothing = { entries: 0, bytes: 0 };

function vaultKey(options: TranslatorOptions, kid: string): PublicMaskKey {
  const key: MaskKey = keyNamed(options, kid);
  if (isPublic(key) && key.method === 'vault') return key;
  throw faults.methodsDiffer(keyNamed(options, options.from), keyNamed(options, options.to));
}

async function valueOf({ unmask }: Unmasker, token: string, entry: Uint8Array): Promise<string | undefined> {
  try {
    return (await unmask(token, undefined, { entry })).value;
  } catch (error) {
    // Whatever is wrong with one entry stops none of the others.
    if (error instanceof Fault && error.code.startsWith('token_')) return undefined;
    throw error;
  }
}
