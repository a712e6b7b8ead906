-- Schemas and who may use them.
SELECT n.nspname, pg_get_userbyid(n.nspowner),
       CASE WHEN x.grantee = 0 THEN 'public' ELSE pg_get_userbyid(x.grantee) END,
       x.privilege_type, x.is_grantable, pg_get_userbyid(x.grantor)
  FROM pg_namespace n
 CROSS JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) x
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY n.nspname COLLATE "C", 3, 4
