-- The loader's own user, with the role that `masque migrate --roles` grants what a loader needs.
create role masque_loader nologin;
create role loader login password 'loader' connection limit 80 in role masque_loader;
