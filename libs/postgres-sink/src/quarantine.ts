/**
 * The quarantine as the custodian decides about it.
 *
 *     held ──replay──▶ replayed      sent again, or, a row that PostgreSQL had refused, inserted
 *       └────discard──▶ discarded    body and row are gone for ever; the entry stays
 *
 * Invariants
 * - A decision is made once: each is an UPDATE of an entry that is still held.
 * - An entry is marked as replayed only after SQS has taken its message, and as begun before. Begun and held is what a
 *   crash in between leaves: it may have been sent.
 */
import { quote, quoteTable } from './identifier.ts';
import { createPool, type Pool } from './pool.ts';
import type { Target } from './target.ts';

export type QuarantineStatus = 'held' | 'replayed' | 'discarded';

export type Begun = 'now' | 'recently' | 'long ago';

export interface QuarantineEntry {
  readonly id: string;
  readonly messageId: string;
  /** Epoch milliseconds. */
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly quarantinedAt: number;
  readonly reason: string;
  readonly fields: readonly string[];
  readonly sqlstate: string | null;
  readonly status: QuarantineStatus;
  /** What is kept of it: the sealed body, or the masked row that PostgreSQL refused. */
  readonly holds: 'body' | 'row' | 'nothing';
}

export interface QuarantineFilter {
  readonly ids?: readonly string[];
  readonly reason?: string;
  /** Quarantined at this time or later; epoch milliseconds. */
  readonly since?: number;
  /** Default `held`. */
  readonly status?: QuarantineStatus | 'any';
  readonly limit?: number;
}

export interface Quarantine {
  /** Oldest first. */
  list(filter: QuarantineFilter): Promise<QuarantineEntry[]>;
  /** Entries with their sealed bodies, by id, after one of them; so many at most. */
  bodies(
    after: string,
    limit: number,
  ): Promise<{ readonly id: string; readonly messageId: string; readonly body: Buffer }[]>;
  /** The sealed body of an entry that has one. */
  body(id: string): Promise<Buffer | undefined>;
  /**
   * Those that are held, and when their replay began first. The ledger keeps what was placed since `recently`, which is
   * the last 30 days, and may have forgotten what was `long ago`.
   */
  beginReplay(ids: readonly string[]): Promise<ReadonlyMap<string, Begun>>;
  markReplayed(ids: readonly string[]): Promise<number>;
  /**
   * Inserts the masked row that PostgreSQL had refused, and marks the entry, in one transaction.
   * @returns false when somebody else has decided meanwhile
   * @throws {Fault} `row_refused` when it still is
   */
  insertRow(id: string): Promise<boolean>;
  discard(ids: readonly string[], reason: string): Promise<number>;
  close(): Promise<void>;
}

const columns = `id::text, message_id as "messageId", extract(epoch from sent_at)::float8 * 1000 as "sentAt",
  extract(epoch from received_at)::float8 * 1000 as "receivedAt",
  extract(epoch from quarantined_at)::float8 * 1000 as "quarantinedAt", reason, fields, sqlstate, status,
  case when body is not null then 'body' when masked_row is not null then 'row' else 'nothing' end as holds`;

export function openQuarantine(options: { readonly databaseUrl: string; readonly target: Target }): Quarantine {
  const { target } = options;
  const pool = createPool({ databaseUrl: options.databaseUrl, name: 'masque-quarantine', connections: 2 });
  return {
    list: ({ ids, reason, since, status = 'held', limit = 1_000 }) =>
      pool.query({
        text: `select ${columns} from masque.quarantine
               where pipeline = $1 and ($2::bigint[] is null or id = any ($2)) and ($3::text is null or reason = $3)
                 and ($4::float8 is null or quarantined_at >= to_timestamp($4 / 1000)) and ($5 = 'any' or status = $5)
               order by id limit $6`,
        values: [target.name, ids ?? null, reason ?? null, since ?? null, status, limit],
      }),
    bodies: (after, limit) =>
      pool.query({
        text: `select id::text, message_id as "messageId", body from masque.quarantine
               where pipeline = $1 and id > $2 and body is not null order by id limit $3`,
        values: [target.name, after, limit],
      }),
    async body(id) {
      const [row] = await pool.query<{ readonly body: Buffer | null }>({
        text: 'select body from masque.quarantine where pipeline = $1 and id = $2',
        values: [target.name, id],
      });
      return row?.body ?? undefined;
    },
    async beginReplay(ids) {
      const rows = await pool.query<{ readonly id: string; readonly begun: Begun }>({
        text: `update masque.quarantine set replay_began = coalesce(replay_began, now())
               where pipeline = $1 and id = any ($2::bigint[]) and status = 'held'
               returning id::text, case when replay_began = now() then 'now'
                 when replay_began > now() - interval '30 days' then 'recently' else 'long ago' end as begun`,
        values: [target.name, ids],
      });
      return new Map(rows.map(({ id, begun }) => [id, begun]));
    },
    markReplayed: (ids) => decide(pool, target, ids, 'replayed'),
    insertRow: (id) => pool.transaction((query) => insertRow(query, target, id)),
    async discard(ids, reason) {
      const rows = await pool.query({
        text: `update masque.quarantine
               set status = 'discarded', decided_at = now(), reason_given = $3, body = null, masked_row = null
               where pipeline = $1 and id = any ($2::bigint[]) and status = 'held' returning id`,
        values: [target.name, ids, reason],
      });
      return rows.length;
    },
    close: () => pool.close(),
  };
}

async function decide(pool: Pool, target: Target, ids: readonly string[], status: QuarantineStatus): Promise<number> {
  const rows = await pool.query({
    text: `update masque.quarantine set status = $3, decided_at = now()
           where pipeline = $1 and id = any ($2::bigint[]) and status = 'held' returning id`,
    values: [target.name, ids, status],
  });
  return rows.length;
}

/** Its ledger entry was made when it was quarantined, so the row alone is missing. */
async function insertRow(query: Pool['query'], target: Target, id: string): Promise<boolean> {
  const claimed = await query({
    text: `update masque.quarantine set status = 'replayed', decided_at = now()
           where pipeline = $1 and id = $2 and status = 'held' and masked_row is not null returning id`,
    values: [target.name, id],
  });
  if (claimed.length === 0) return false;
  const names = target.columns.map(({ name }) => quote(name)).join(', ');
  const types = target.columns.map(({ name, type }) => `${quote(name)} ${type.startsWith('varchar(') ? 'text' : type}`);
  await query({
    text: `insert into ${quoteTable(target.table)} (${names})
           select ${names} from jsonb_to_record((select masked_row from masque.quarantine where id = $1))
             as r (${types.join(', ')})`,
    values: [id],
  });
  return true;
}
