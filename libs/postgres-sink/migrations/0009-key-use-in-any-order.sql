-- Loaders that tell at once are taken one after the other, and not in the order in which their transactions began, whose
-- beginnings are what now() says: the last use was at times before the first.
create or replace function masque.note_key_use(used_by text, kids text[], counts bigint[]) returns setof text
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select 1 from masque.keys where pipeline = used_by and kid = any (kids) order by kid for update;
  update masque.keys set
    rows = keys.rows + used.rows, first_used = least(first_used, now()), last_used = greatest(last_used, now())
  from unnest(kids, counts) as used (kid, rows)
  where keys.pipeline = used_by and keys.kid = used.kid;
  select kid from masque.keys where pipeline = used_by and kid = any (kids) and retired_at is not null;
$$;
