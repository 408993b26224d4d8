-- Users of their own for the loader and the dashboard, with the roles to which `masque migrate --roles` grants what they need.
create role masque_loader nologin;
create role loader login password 'loader' connection limit 80 in role masque_loader;
create role masque_dashboard nologin;
create role dashboard login password 'dashboard' in role masque_dashboard;
