-- A user for each who reaches PostgreSQL, run once, on an empty server. The roles' rights come with `masque migrate --roles`.
create role masque_loader nologin;
create role masque_dashboard nologin;
create role masque_custodian nologin;
create role loader login password 'loader' in role masque_loader;
create role dashboard login password 'dashboard' in role masque_dashboard;
create role custodian login password 'custodian' in role masque_custodian;
