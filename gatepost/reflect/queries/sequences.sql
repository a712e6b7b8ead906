-- Sequences, and the column that owns each, where one does; of two that a column owns, the one of its identity first.
SELECT c.oid, n.nspname, c.relname, pg_get_userbyid(c.relowner), d.refobjid, d.refobjsubid, d.deptype = 'i'
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_depend d
         ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
        AND d.deptype IN ('a', 'i')
 WHERE c.relkind = 'S' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
