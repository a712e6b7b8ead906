-- Default privileges: what objects made later will carry.
SELECT pg_get_userbyid(d.defaclrole), coalesce(n.nspname, ''), d.defaclobjtype,
       CASE WHEN x.grantee = 0 THEN 'public' ELSE pg_get_userbyid(x.grantee) END,
       x.privilege_type, x.is_grantable, pg_get_userbyid(x.grantor)
  FROM pg_default_acl d
  LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
 CROSS JOIN LATERAL aclexplode(d.defaclacl) x
 ORDER BY 1, 2, 3, 4, x.privilege_type COLLATE "C"
