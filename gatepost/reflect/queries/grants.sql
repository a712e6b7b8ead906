-- Grants on tables and views, on columns and on sequences; an ACL that was never touched is what the owner has by
-- default. Most relations carry one of a few ACLs, so that each is taken apart once: a row is either a relation, or one
-- of its columns, with its ACL as a text, or one privilege of such an ACL.
WITH held AS MATERIALIZED (
    SELECT c.oid AS relation, NULL::int2 AS attnum,
           coalesce(c.relacl, acldefault(CASE WHEN c.relkind = 'S' THEN 's' ELSE 'r' END::"char", c.relowner)) AS acl
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
       AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT a.attrelid, a.attnum, a.attacl
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE a.attacl IS NOT NULL AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
       AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), named AS MATERIALIZED (SELECT relation, attnum, acl, acl::text AS name FROM held)
SELECT relation, attnum, name, NULL, NULL, NULL, NULL
  FROM named
UNION ALL
SELECT NULL, NULL, each.name, CASE WHEN x.grantee = 0 THEN 'public' ELSE pg_get_userbyid(x.grantee)::text END,
       x.privilege_type, x.is_grantable, pg_get_userbyid(x.grantor)::text
  FROM (SELECT DISTINCT ON (name) name, acl FROM named) each
 CROSS JOIN LATERAL aclexplode(each.acl) x
