-- Schemas and who may use them; one that nobody may use, not even its owner, has one row without a grantee.
SELECT n.nspname, pg_get_userbyid(n.nspowner),
       CASE WHEN x.grantee = 0 THEN 'public' WHEN x.grantee IS NOT NULL THEN pg_get_userbyid(x.grantee) END,
       x.privilege_type, x.is_grantable, pg_get_userbyid(x.grantor)
  FROM pg_namespace n
  LEFT JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) x ON true
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY n.nspname COLLATE "C", 3, 4
