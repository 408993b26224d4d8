import type { Target } from './target.ts';

/**
 * Who may do what in PostgreSQL, said once: `masque migrate --roles` grants it, and the loader's check before the
 * first batch looks for the loader's share of it, however it was granted.
 */
export const roles = ['loader', 'dashboard', 'custodian'] as const;
export type Role = (typeof roles)[number];

type Verb = 'select' | 'insert' | 'update' | 'delete';

export interface Needs {
  /** On the pipeline's table: `fed` are the columns that the definition gives. */
  readonly target: Readonly<Partial<Record<Verb, 'fed' | 'all'>>>;
  /** On Masque's own tables: columns, apart by spaces, or `all`. */
  readonly own: Readonly<Record<string, Readonly<Partial<Record<Verb, string>>>>>;
  readonly functions: readonly string[];
}

export const needs: Readonly<Record<Role, Needs>> = {
  /**
   * Its SELECTs are for RETURNING and for tombstones, and let it read no row of the target, no body, no masked row and
   * no entry. Of the vault it is asked only where the pipeline has tokens of it.
   */
  loader: {
    target: { insert: 'fed' },
    own: {
      ledger: { insert: 'message_id sent_day pipeline', select: 'message_id' },
      quarantine: {
        insert: 'pipeline message_id sent_at received_at reason fields body sqlstate masked_row',
        select: 'reason',
      },
      keys: { insert: 'pipeline kid method fingerprint', select: 'pipeline kid method fingerprint retired_at' },
      vault: { insert: 'token kid ciphertext', select: 'token erased_at' },
      migrations: { select: 'version' },
    },
    functions: ['ensure_ledger_day', 'retire_ledger_day', 'note_key_use'],
  },
  /** Counts, times and reasons. No row of the target, no body, no masked row, and nothing to write. */
  dashboard: {
    target: {},
    own: {
      ledger: { select: 'pipeline sent_day loaded_at' },
      quarantine: {
        select:
          'id pipeline message_id sent_at received_at quarantined_at reason fields sqlstate status decided_at reason_given',
      },
      keys: { select: 'all' },
      migrations: { select: 'all' },
    },
    functions: [],
  },
  /**
   * Decides about the quarantine, looks tokens up, takes them over to another key, erases, promotes and retires keys. It
   * creates nothing, and cannot make the ledger forget.
   */
  custodian: {
    target: { select: 'all', insert: 'fed', update: 'fed' },
    own: {
      ledger: { select: 'all' },
      quarantine: { select: 'all', update: 'status decided_at reason_given replay_began body masked_row' },
      keys: { select: 'all', insert: 'pipeline kid method fingerprint', update: 'retired_at' },
      aliases: { select: 'all', insert: 'all', delete: 'all' },
      vault: { select: 'all', insert: 'token kid ciphertext erased_at', update: 'kid ciphertext stored_at erased_at' },
      migrations: { select: 'all' },
    },
    functions: [],
  },
};

/** A privilege on one table. */
export interface Need {
  readonly privilege: string;
  /** Undefined for the whole table. */
  readonly columns: readonly string[] | undefined;
}

/** On Masque's own tables, by their names. */
export function ownNeeds(role: Role): (Need & { readonly name: string })[] {
  return Object.entries(needs[role].own).flatMap(([name, verbs]) =>
    Object.entries(verbs).map(([verb, columns]) => ({
      name,
      privilege: verb.toUpperCase(),
      columns: columns === 'all' ? undefined : columns.split(' '),
    })),
  );
}

export function targetNeeds(role: Role, target: Target): Need[] {
  return Object.entries(needs[role].target).map(([verb, share]) => ({
    privilege: verb.toUpperCase(),
    columns: share === 'all' ? undefined : target.columns.map(({ name }) => name),
  }));
}
