import type { Pool } from 'pg';
import { definition } from './definition.ts';

export interface Quarantined {
  readonly id: string;
  readonly reason: string;
  readonly fields: readonly string[];
  readonly body: Buffer | null;
  readonly sqlstate: string | null;
  /** All of it but the sealed body, as text. */
  readonly text: string;
}

export interface Loaded {
  readonly id: string;
  readonly user_id: string;
  readonly locale: string | null;
  readonly note: string | null;
  readonly text: string;
}

/** Where PostgreSQL has the messages of a batch, by id; an id as often as it is there. */
export interface Places {
  readonly ledger: readonly string[];
  readonly rows: readonly Loaded[];
  readonly quarantine: readonly Quarantined[];
}

export async function placesOf(pool: Pool, messageIds: readonly string[]): Promise<Places> {
  const read = async <Row extends object>(text: string): Promise<Row[]> =>
    (await pool.query<Row>(text, [messageIds])).rows;
  const [ledger, rows, quarantine] = await Promise.all([
    read<{ id: string }>('select message_id::text as id from masque.ledger where message_id = any ($1::uuid[])'),
    read<Loaded>(
      `select message_id as id, user_id, locale, note, to_jsonb(t)::text as text
       from ${definition.target.table} as t where message_id = any ($1)`,
    ),
    read<Quarantined>(
      `select message_id as id, reason, fields, body, sqlstate, (to_jsonb(q) - 'body')::text as text
       from masque.quarantine as q where message_id = any ($1)`,
    ),
  ]);
  return { ledger: ledger.map(({ id }) => id), rows, quarantine };
}
