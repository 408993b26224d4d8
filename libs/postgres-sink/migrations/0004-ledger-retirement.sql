-- How the ledger forgets. A day's partition is retired in two steps, each a transaction of its own:
--
--     attached ──old, and nothing loaded into it of late──▶ detached ──the same still holds──▶ dropped
--        ◀───────────────a message of that day (ensure_ledger_day)──────┘
--
-- Invariants
-- - An entry is kept for the retention after it was *loaded*, whatever its day: a message that is sent again after
--   months makes its day's partition anew, and what it placed there is as young as any other. No loader can insert
--   between the look at `loaded_at` and the end of the transaction that acts on it.
-- - No statement waits longer for a retirement than `lock_timeout`, and the few milliseconds that the step takes. It
--   gives up instead, and is tried again: DETACH CONCURRENTLY, which would wait without blocking, works in no function.
-- - Whoever may call this cannot make the ledger forget sooner than what can bring a message again is gone: 14 days in a
--   queue, 14 in its dead-letter queue, one in a batch (docs/guarantees.md), and one for clocks.
--
-- Answers the step taken, or `busy`, or nothing when there is nothing to do or another loader is at it.
create function masque.retire_ledger_day(retention_days integer, out step text, out day date)
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '200ms' as $$
declare
  partition text;
  attached boolean;
  recent text := 'select exists (select from masque.%I where loaded_at >= now() - make_interval(days => $1))';
  found_recent boolean;
begin
  if retention_days is null or retention_days < 30 then
    raise exception 'the ledger is kept for 30 days at least' using errcode = '22023';
  end if;
  if not pg_try_advisory_xact_lock(hashtext('masque.ledger.retire')) then
    return;
  end if;
  for partition, attached, day in
    select relname, inhrelid is not null, to_date(substr(relname, 8), 'YYYYMMDD')
    from pg_class left join pg_inherits on inhrelid = pg_class.oid
    where relnamespace = 'masque'::regnamespace and relkind = 'r' and relname ~ '^ledger_\d{8}$'
      and to_date(substr(relname, 8), 'YYYYMMDD') < (now() at time zone 'utc')::date - retention_days
    order by relname
  loop
    -- Without a lock first: most that are old and still kept are passed over here.
    execute format(recent, partition) into found_recent using retention_days;
    continue when found_recent;
    begin
      if attached then
        -- Keeps inserts out of this one day while it is looked through; readers and other days go on.
        execute format('lock table masque.%I in share mode', partition);
        execute format(recent, partition) into found_recent using retention_days;
        continue when found_recent;
        execute format('alter table masque.ledger detach partition masque.%I', partition);
        step := 'detached';
      else
        execute format('lock table masque.%I in access exclusive mode', partition);
        -- ensure_ledger_day, which may be about to attach it, holds this.
        perform pg_advisory_xact_lock(hashtext('masque.ledger'));
        execute format(recent, partition) into found_recent using retention_days;
        continue when found_recent or exists (
          select from pg_inherits where inhrelid = format('masque.%I', partition)::regclass);
        execute format('drop table masque.%I', partition);
        step := 'dropped';
      end if;
    exception when lock_not_available or deadlock_detected then
      step := 'busy';
    end;
    return;
  end loop;
  day := null;
end
$$;
revoke execute on function masque.retire_ledger_day(integer) from public;

-- As before, and with an index for the look at `loaded_at`: BRIN, as entries lie in the order of their loading. A few
-- pages a partition, where a look without it would read all of it, which takes longer than any statement may.
create or replace function masque.ensure_ledger_day(day date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  partition text := 'ledger_' || to_char(day, 'YYYYMMDD');
  found_partition oid;
begin
  perform pg_advisory_xact_lock(hashtext('masque.ledger'));
  select c.oid into found_partition
  from pg_class c where c.relnamespace = 'masque'::regnamespace and c.relname = partition;
  if found_partition is null then
    execute format('create table masque.%I (like masque.ledger including all)', partition);
    execute format('create index on masque.%I using brin (loaded_at) with (autosummarize = on)', partition);
  elsif exists (select from pg_inherits where inhrelid = found_partition) then
    return;
  end if;
  execute format(
    'alter table masque.ledger attach partition masque.%I for values from (%L) to (%L)', partition, day, day + 1);
end
$$;
