-- Ordinary, partitioned and foreign tables, with their owner, their row-security flags and what they inherit from.
SELECT c.oid, n.nspname, c.relname, c.relkind, pg_get_userbyid(c.relowner), c.relrowsecurity, c.relforcerowsecurity,
       c.relispartition, e.extname, c.reltuples,
       (SELECT array_agg(ARRAY[pn.nspname, pc.relname]::text[] ORDER BY i.inhseqno)
          FROM pg_inherits i
          JOIN pg_class pc ON pc.oid = i.inhparent
          JOIN pg_namespace pn ON pn.oid = pc.relnamespace
         WHERE i.inhrelid = c.oid)
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_depend d
         ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
        AND d.refclassid = 'pg_extension'::regclass
  LEFT JOIN pg_extension e ON e.oid = d.refobjid
 WHERE c.relkind IN ('r', 'p', 'f')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
