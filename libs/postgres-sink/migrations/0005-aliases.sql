-- Old and new tokens of one value, while a table holds both: `masque rekey` changes rows little by little, and whoever
-- joins meanwhile joins across, on coalesce(new_token, token):
--
--     select count(distinct coalesce(new_token, masked_ip))
--     from user_logins left join masque.aliases on old_token = masked_ip;
--
-- No more than equality is in here. But whoever could find values of the old key's tokens would, through this table,
-- find those of the new ones; so it is emptied once no old token is left.
-- An exclusion constraint, because its index can be a hash: a B-tree refuses texts beyond 2,704 bytes.
create table masque.aliases (
  old_token text not null,
  new_token text not null,
  from_kid  text not null,
  to_kid    text not null,
  exclude using hash (old_token with =)
);
