-- Roles, without PostgreSQL's own.
SELECT r.rolname, r.rolsuper, r.rolbypassrls, r.rolinherit, r.rolcanlogin, coalesce(r.rolconfig, '{}')
  FROM pg_roles r
 WHERE r.rolname !~ '^pg_'
 ORDER BY r.rolname COLLATE "C"
