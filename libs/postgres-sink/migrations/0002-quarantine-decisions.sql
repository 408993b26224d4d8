-- What became of a quarantined message: held until somebody decides. An entry is never deleted by a decision, only its
-- body is, when it is discarded.
alter table masque.quarantine
  add column status     text not null default 'held' check (status in ('held', 'replayed', 'discarded')),
  add column decided_at timestamptz,
  add column reason_given text;
alter table masque.quarantine drop constraint quarantine_check;
alter table masque.quarantine
  add constraint quarantine_one_content check (
    case when status = 'discarded' then body is null and masked_row is null
         else (body is null) <> (masked_row is null) end);
create index quarantine_held on masque.quarantine (pipeline, reason) where status = 'held';
