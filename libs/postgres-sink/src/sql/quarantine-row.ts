import { durably } from './durable.ts';
import { vaultCounts, vaultParts } from './vault-entries.ts';

/**
 * Puts aside one row that PostgreSQL refused, with its ledger entry, so that its message can be settled. The row is
 * masked already: plain values of masked fields never came this far. Its tokens may yet become a row, when it is
 * replayed, so the vault takes their entries now, from the only batch that is sure to bring them.
 *
 * Parameters: $1 pipeline, $2 received_at (epoch milliseconds), $3 ledger id, $4 day, $5 message id, $6 sent_at (epoch
 * milliseconds), $7 column that PostgreSQL named, or null, $8 SQLSTATE, $9 row (JSON); then, with entries, the three of
 * vault-entries.ts.
 */
export function quarantineRowSql(withEntries: boolean): string {
  const vaulted = withEntries
    ? vaultParts('select token from unnest($10::text[]) as t (token) cross join fresh', 10)
    : '';
  return `with fresh as (
  insert into masque.ledger (message_id, sent_day, pipeline) values ($3::uuid, $4::date, $1)
  on conflict do nothing
  returning message_id
),
quarantined as (
  insert into masque.quarantine (pipeline, message_id, sent_at, received_at, reason, fields, sqlstate, masked_row)
  select $1, $5, to_timestamp($6::float8 / 1000), to_timestamp($2::float8 / 1000), 'refused_by_database',
         array_remove(array[$7::text], null), $8, $9::jsonb
  from fresh
  returning reason
)${vaulted}
select (select count(*) from quarantined)::int as added,
       ${withEntries ? `${vaultCounts},\n       ` : ''}${durably('fresh')}`;
}
