-- Memberships; before PostgreSQL 16 the member's own INHERIT decided, and SET ROLE was always allowed. Since then two
-- grantors may have given the same membership: what either of them gave holds.
SELECT r.rolname, m.rolname,
       bool_or(coalesce((to_jsonb(am) ->> 'inherit_option')::boolean, m.rolinherit)),
       bool_or(coalesce((to_jsonb(am) ->> 'set_option')::boolean, true))
  FROM pg_auth_members am
  JOIN pg_roles r ON r.oid = am.roleid
  JOIN pg_roles m ON m.oid = am.member
 GROUP BY r.rolname, m.rolname
 ORDER BY r.rolname COLLATE "C", m.rolname COLLATE "C"
