-- Which pipeline's tokens a key makes. A kid alone says that a masker has some key; only together with the keys that
-- the pipeline was masked with before does it say whether equal values still give equal tokens.
-- Keys recorded before are of no pipeline: the next batch of each says which are its own.
alter table masque.keys add column pipeline text not null default '';
alter table masque.keys alter column pipeline drop default;
alter table masque.keys drop constraint keys_pkey, add primary key (pipeline, kid);
