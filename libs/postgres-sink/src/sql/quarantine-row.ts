import { durably } from './durable.ts';

/**
 * Puts aside one row that PostgreSQL refused, with its ledger entry, so that its message can be settled. The row is
 * masked already: plain values of masked fields never came this far.
 *
 * Parameters: $1 pipeline, $2 received_at (epoch milliseconds), $3 ledger id, $4 day, $5 message id, $6 sent_at (epoch
 * milliseconds), $7 column that PostgreSQL named, or null, $8 SQLSTATE, $9 row (JSON).
 */
export const quarantineRowSql = `with fresh as (
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
)
select (select count(*) from quarantined)::int as added,
       ${durably('fresh')}`;
