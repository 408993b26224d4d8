-- When a key was used, and how much, as loaders tell it every ten seconds; and whether it was retired.
-- A key is recorded before it is used, so its first use is no longer the time of its record.
alter table masque.keys
  add column recorded_at timestamptz not null default now(),
  add column last_used   timestamptz,
  -- Rows loaded in batches that were masked with it. What a crash kept a loader from telling is missing: it is for
  -- people to look at. Commands that depend on a count take it from the table.
  add column rows        bigint not null default 0,
  add column retired_at  timestamptz;
update masque.keys set recorded_at = first_used;
alter table masque.keys alter column first_used drop not null, alter column first_used drop default;

-- Adds to the counts, and answers which of the keys are retired. Its owner's rights, so that a loader needs none to
-- change what is recorded of a key. Locked in one order, or two loaders that tell of the same keys would deadlock.
create function masque.note_key_use(used_by text, kids text[], counts bigint[]) returns setof text
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select 1 from masque.keys where pipeline = used_by and kid = any (kids) order by kid for update;
  update masque.keys set
    rows = keys.rows + used.rows, first_used = coalesce(first_used, now()), last_used = now()
  from unnest(kids, counts) as used (kid, rows)
  where keys.pipeline = used_by and keys.kid = used.kid;
  select kid from masque.keys where pipeline = used_by and kid = any (kids) and retired_at is not null;
$$;
revoke execute on function masque.note_key_use(text, text[], bigint[]) from public;
