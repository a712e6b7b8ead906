-- Views and materialized views; what can be written through one is the mask of pg_relation_is_updatable: 8 INSERT,
-- 4 UPDATE, 16 DELETE, triggers and rules counted in.
SELECT c.oid, n.nspname, c.relname, c.relkind, pg_get_userbyid(c.relowner), pg_get_viewdef(c.oid),
       coalesce(c.reloptions, '{}'), CASE WHEN c.relkind = 'v' THEN pg_relation_is_updatable(c.oid, true) ELSE 0 END,
       e.extname
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_depend d
         ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
        AND d.refclassid = 'pg_extension'::regclass
  LEFT JOIN pg_extension e ON e.oid = d.refobjid
 WHERE c.relkind IN ('v', 'm')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
